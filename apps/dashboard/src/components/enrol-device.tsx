import { useMutation } from '@tanstack/react-query';
import { useRef, type FormEvent } from 'react';
import type { EnrolmentCode } from '#contracts';
import { client } from '../api/client.js';
import { ProblemBox } from './problem-box.js';
import { QrCode } from './qr-code.js';
import { RoleButton } from './role-button.js';

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
      <RoleButton needs="admin" onClick={open}>
        Enrol a device
      </RoleButton>
      <dialog ref={dialog} aria-labelledby="enrol-title">
        <h2 id="enrol-title">Enrol a device</h2>
        {create.data ? (
          <WaysIn code={create.data} />
        ) : (
          <form id="enrol" onSubmit={onSubmit} onChange={() => create.error && create.reset()}>
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

/** A command for a machine with Node.js, and a page for a phone or anything else with a browser. */
function WaysIn({ code: { code, command, expiresAt, pages, unreachable } }: { code: EnrolmentCode }) {
  return (
    <>
      <p>Type this on the device. The code is good once, until {timeOf(expiresAt)}.</p>
      <pre tabIndex={0}>{command}</pre>
      <p className="quiet">
        Code: <code>{code}</code>
      </p>
      {unreachable && <p className="problem">Only this machine can be the device: {unreachable}.</p>}
      {pages[0] && (
        <>
          <p>Or let a phone or another browser be the device, for as long as its page is open:</p>
          <QrCode text={pages[0]} label={`Code for a camera: ${pages[0]}`} />
          {pages.map((page) => (
            <p key={page} className="address">
              <a href={page} target="_blank" rel="noreferrer">
                {page}
              </a>
            </p>
          ))}
          {pages.length > 1 && (
            <p className="quiet">The server has several addresses: take one in the network of the device.</p>
          )}
        </>
      )}
    </>
  );
}

const timeOf = (iso: string): string => new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
