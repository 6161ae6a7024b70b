import type { KeyRole } from '#contracts';
import { useRef } from 'react';
import { RoleButton } from './role-button.js';

interface ConfirmProps {
  /** On the button, and on that of the dialog. */
  word: string;
  /** What it is done to, for those who do not see the row. */
  subject: string;
  /** What will be gone. */
  question: string;
  disabled?: boolean;
  /** The least role whose keys may do it. */
  needs?: KeyRole;
  onConfirm: () => void;
}

/** A button for what cannot be undone: it asks first. */
export function ConfirmButton({ word, subject, question, disabled, needs, onConfirm }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => dialog.current?.close();
  return (
    <>
      <RoleButton
        needs={needs}
        className="danger"
        disabled={disabled}
        aria-label={`${word} ${subject}`}
        onClick={() => dialog.current?.showModal()}
      >
        {word}
      </RoleButton>
      <dialog ref={dialog} aria-label={`${word} ${subject}?`}>
        <p>{question}</p>
        <div className="actions">
          <button type="button" className="quiet" autoFocus onClick={close}>
            Keep it
          </button>
          <button
            type="button"
            className="danger"
            onClick={() => {
              close();
              onConfirm();
            }}
          >
            {word} it
          </button>
        </div>
      </dialog>
    </>
  );
}
