import type { KeyRole } from '#contracts';
import type { ButtonHTMLAttributes } from 'react';
import { useRefusal } from '../api/own-key.js';

interface RoleButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** The least role whose keys may do what the button does. */
  needs?: KeyRole;
}

/** A button for what changes something: whose key may not do it finds it disabled, with the reason. */
export function RoleButton({ needs = 'member', disabled, title, ...rest }: RoleButtonProps) {
  const refusal = useRefusal(needs);
  return <button type="button" {...rest} disabled={disabled || refusal !== null} title={refusal ?? title} />;
}

/** Says in words what of a page the key of this tab does not open; nothing where it opens all. */
export function RoleNote({ needs, what }: { needs: KeyRole; what: string }) {
  const refusal = useRefusal(needs);
  return (
    refusal && (
      <p className="quiet note-of-role">
        {what}: disabled. {refusal}
      </p>
    )
  );
}
