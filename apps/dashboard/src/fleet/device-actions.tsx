import type { Device } from '#contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { ConfirmButton } from '../components/confirm-button.js';
import { ProblemNotice } from '../components/problem.js';
import { RoleButton } from '../components/role-button.js';

/** What can be done with a device. */
export function DeviceActions({ device: { id, name, state }, onRemoved }: { device: Device; onRemoved?: () => void }) {
  const queries = useQueryClient();
  const onSuccess = () => queries.invalidateQueries({ queryKey: ['devices'] });
  const drain = useMutation({ mutationFn: () => client.drainDevice({ id }), onSuccess });
  const resume = useMutation({ mutationFn: () => client.resumeDevice({ id }), onSuccess });
  const remove = useMutation({
    mutationFn: () => client.deleteDevice({ id }),
    onSuccess: async () => {
      onRemoved?.();
      await onSuccess();
    },
  });
  const isHeld = state === 'draining' || state === 'quarantined';
  return (
    <div className="actions">
      <ProblemNotice error={drain.error ?? resume.error ?? remove.error} />
      {isHeld ? (
        <RoleButton className="quiet" aria-label={`Resume ${name}`} onClick={() => resume.mutate()}>
          Resume
        </RoleButton>
      ) : (
        <RoleButton className="quiet" aria-label={`Drain ${name}`} onClick={() => drain.mutate()}>
          Drain
        </RoleButton>
      )}
      <ConfirmButton
        word="Remove"
        needs="admin"
        subject={name}
        question={`The key of ${name} opens nothing any more. What it measured stays.`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </div>
  );
}
