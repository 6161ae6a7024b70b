import { assignmentText, type ListedTrial } from '#contracts';
import { useMutation } from '@tanstack/react-query';
import { useId, useRef, type FormEvent } from 'react';
import { client } from '../api/client.js';
import { ProblemBox } from '../components/problem-box.js';
import { RoleButton } from '../components/role-button.js';
import { addressOf } from '../route.js';

/** Puts the model of a trial among the stored models, under a name that is asked for. */
export function PromoteButton({
  sweepId,
  trial,
  onPromoted,
}: {
  sweepId: string;
  trial: ListedTrial;
  onPromoted: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const promote = useMutation({
    mutationFn: (name: string) => client.promoteTrial({ id: sweepId, number: String(trial.number), body: { name } }),
    onSuccess: onPromoted,
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    promote.mutate(String(new FormData(event.currentTarget).get('name')).trim());
  };
  if (trial.state !== 'complete') return null;
  return (
    <>
      <RoleButton aria-label={`Promote trial ${trial.number}`} onClick={() => dialog.current?.showModal()}>
        Promote
      </RoleButton>
      <dialog ref={dialog} aria-label={`Promote trial ${trial.number}`}>
        <h2>Promote trial {trial.number}</h2>
        {promote.data ? (
          <p role="status">
            It is stored as <a href={addressOf('models', { q: promote.data.id })}>{promote.data.name}</a>.
          </p>
        ) : (
          <form id={id} onSubmit={onSubmit} onChange={() => promote.error && promote.reset()}>
            <label>
              Name of the model{' '}
              <input
                name="name"
                required
                maxLength={200}
                defaultValue={assignmentText(trial.assignment).slice(0, 200)}
              />
            </label>
            {promote.error && <ProblemBox error={promote.error} />}
          </form>
        )}
        <div className="actions">
          <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
          {!promote.data && (
            <button type="submit" form={id} disabled={promote.isPending}>
              Promote it
            </button>
          )}
        </div>
      </dialog>
    </>
  );
}
