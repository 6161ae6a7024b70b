import { KeyRole } from '#contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, type FormEvent } from 'react';
import { client } from '../api/client.js';
import { ProblemBox } from '../components/problem-box.js';

/** A dialog that makes an API key and shows it, this once. */
export function NewKey() {
  const dialog = useRef<HTMLDialogElement>(null);
  const queries = useQueryClient();
  const create = useMutation({
    mutationFn: (body: { name: string; role: KeyRole }) => client.createKey({ body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['keys'] }),
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    create.mutate({ name: String(fields.get('key-name')).trim(), role: KeyRole.parse(fields.get('role')) });
  };
  const open = () => {
    create.reset();
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" className="quiet" onClick={open}>
        Make a key
      </button>
      <dialog ref={dialog} aria-labelledby="new-key-title" onClose={() => create.reset()}>
        <h2 id="new-key-title">Make an API key</h2>
        {create.data ? (
          <>
            <p>This is the key “{create.data.name}”. It is shown this once, and kept nowhere:</p>
            <pre tabIndex={0}>{create.data.key}</pre>
          </>
        ) : (
          <form id="new-key" onSubmit={onSubmit} onChange={() => create.error && create.reset()}>
            <label>
              Name <input name="key-name" required maxLength={200} placeholder="whose key it is" />
            </label>
            <label>
              Role{' '}
              <select name="role" defaultValue="member">
                {KeyRole.options.map((role) => (
                  <option key={role} value={role}>
                    {role}
                  </option>
                ))}
              </select>
            </label>
            {create.error && <ProblemBox error={create.error} />}
          </form>
        )}
        <div className="actions">
          <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
          {!create.data && (
            <button type="submit" form="new-key" disabled={create.isPending}>
              Make the key
            </button>
          )}
        </div>
      </dialog>
    </>
  );
}
