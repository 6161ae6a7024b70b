import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { saveBytes } from '../api/download.js';
import { modelFileName, shortDigest } from '../format.js';
import { addressOf } from '../route.js';
import { ConfirmButton } from './confirm-button.js';
import { ProblemNotice } from './problem.js';

/** What can be done with a stored model. */
export function ModelActions({ id, name, onRemoved }: { id: string; name: string; onRemoved?: () => void }) {
  const queries = useQueryClient();
  const save = useMutation({ mutationFn: () => saveBytes(client.modelContent({ id }), modelFileName(name)) });
  const remove = useMutation({
    mutationFn: () => client.deleteModel({ id }),
    onSuccess: async () => {
      onRemoved?.();
      await queries.invalidateQueries({ queryKey: ['models'] });
    },
  });
  const what = `${name} ${shortDigest(id)}`;
  return (
    <div className="actions">
      <ProblemNotice error={save.error ?? remove.error} />
      <a href={addressOf('new', { model: id })}>
        New job<span className="heard"> on {what}</span>
      </a>
      <a href={addressOf('jobs', { model: id })}>
        Jobs<span className="heard"> on {what}</span>
      </a>
      <button
        type="button"
        className="quiet"
        disabled={save.isPending}
        aria-label={`Download ${what}`}
        onClick={() => save.mutate()}
      >
        Download
      </button>
      <ConfirmButton
        word="Delete"
        subject={what}
        question={`${name} leaves the store. Jobs that refer to it keep it.`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </div>
  );
}
