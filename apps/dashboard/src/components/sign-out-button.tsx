import { useRef } from 'react';
import { hasDraft, NEW_JOB } from '../draft.js';

/** Forgets the key and whatever this tab keeps; it asks first where that is a draft. */
export function SignOutButton({ onSignOut }: { onSignOut: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button
        type="button"
        className="quiet"
        onClick={() => (hasDraft(NEW_JOB) ? dialog.current?.showModal() : onSignOut())}
      >
        Sign out
      </button>
      <dialog ref={dialog} aria-label="Sign out?">
        <p>The draft of a new job is forgotten with the key.</p>
        <div className="actions">
          <button type="button" className="quiet" autoFocus onClick={() => dialog.current?.close()}>
            Stay
          </button>
          <button
            type="button"
            className="danger"
            onClick={() => {
              dialog.current?.close();
              onSignOut();
            }}
          >
            Sign out, forget it
          </button>
        </div>
      </dialog>
    </>
  );
}
