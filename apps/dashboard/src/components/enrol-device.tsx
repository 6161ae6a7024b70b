import { useMutation } from '@tanstack/react-query';
import { useRef, type FormEvent } from 'react';
import { client } from '../api/client.js';
import { ProblemBox } from './problem-box.js';

/** A dialog that makes a code for one device, and shows the command to be typed there. */
export function EnrolDeviceForm() {
  const dialog = useRef<HTMLDialogElement>(null);
  const create = useMutation({
    mutationFn: (name: string) => client.createDeviceCode({ body: name === '' ? {} : { name } }),
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    create.mutate(String(new FormData(event.currentTarget).get('name')).trim());
  };
  const open = () => {
    create.reset();
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" onClick={open}>
        Enrol a device
      </button>
      <dialog ref={dialog} aria-labelledby="enrol-title">
        <h2 id="enrol-title">Enrol a device</h2>
        {create.data ? (
          <>
            <p>Type this on the device. The code is good once, until {timeOf(create.data.expiresAt)}.</p>
            <pre tabIndex={0}>{create.data.command}</pre>
            <p className="quiet">
              Code: <code>{create.data.code}</code>
            </p>
          </>
        ) : (
          <form id="enrol" onSubmit={onSubmit}>
            <label>
              Name{' '}
              <input name="name" placeholder="optional, such as pi-4" pattern="[a-z0-9][a-z0-9._\-]*" maxLength={63} />
            </label>
            {create.error && <ProblemBox error={create.error} />}
          </form>
        )}
        <div className="actions">
          <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
            Close
          </button>
          {!create.data && (
            <button type="submit" form="enrol" disabled={create.isPending}>
              Make a code
            </button>
          )}
        </div>
      </dialog>
    </>
  );
}

const timeOf = (iso: string): string => new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
