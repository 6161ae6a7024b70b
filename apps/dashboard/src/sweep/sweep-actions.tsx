import { hasEnded, type Sweep } from '#contracts';
import { useMutation } from '@tanstack/react-query';
import { memo, useRef, type FormEvent } from 'react';
import { client } from '../api/client.js';
import { saveBlob } from '../api/download.js';
import { ConfirmButton } from '../components/confirm-button.js';
import { ProblemBox } from '../components/problem-box.js';
import { RoleButton } from '../components/role-button.js';
import { addressOf } from '../route.js';
import { ProblemNotice } from '../components/problem.js';

interface ActionsProps {
  sweep: Sweep;
  onChanged: () => void;
}

/** Pause, resume, stop, cancel, extend, export and delete: what the state of the sweep allows. */
export const SweepActions = memo(function SweepActions({ sweep, onChanged }: ActionsProps) {
  const { id, state } = sweep;
  const act = useMutation({
    mutationFn: (call: 'pauseSweep' | 'resumeSweep' | 'stopSweep' | 'cancelSweep') => client[call]({ id }),
    onSuccess: onChanged,
  });
  const remove = useMutation({
    mutationFn: () => client.deleteSweep({ id }),
    onSuccess: () => {
      location.hash = '#/sweeps';
    },
  });
  const save = useMutation({
    mutationFn: async () =>
      saveBlob(new Blob([await client.sweepAsCsv({ id })], { type: 'text/csv' }), `sweep-${id}.csv`),
  });
  const button = (word: string, call: Parameters<typeof act.mutate>[0]) => (
    <RoleButton className="quiet" disabled={act.isPending} onClick={() => act.mutate(call)}>
      {word}
    </RoleButton>
  );
  const isOver = hasEnded(state);
  return (
    <div className="actions wrap">
      {state === 'running' && button('Pause', 'pauseSweep')}
      {(state === 'paused' || state === 'stopping') && button('Resume', 'resumeSweep')}
      {(state === 'running' || state === 'paused') && button('Stop', 'stopSweep')}
      {!isOver && (
        <ConfirmButton
          word="Cancel"
          subject="the sweep"
          question="Trials that run are ended at once. “Stop” lets them end by themselves."
          onConfirm={() => act.mutate('cancelSweep')}
        />
      )}
      <a href={addressOf('new', { sweep: id })}>Clone</a>
      <ExtendButton sweep={sweep} onChanged={onChanged} />
      <button type="button" className="quiet" disabled={save.isPending} onClick={() => save.mutate()}>
        Export CSV
      </button>
      {isOver && (
        <ConfirmButton
          word="Delete"
          subject="the sweep"
          question="The sweep, its trials and their jobs are forgotten. Promoted models stay."
          onConfirm={() => remove.mutate()}
        />
      )}
      <ProblemNotice error={act.error ?? remove.error ?? save.error} />
    </div>
  );
});

function ExtendButton({ sweep: { id, document, forecast }, onChanged }: ActionsProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { limits } = document;
  const extend = useMutation({
    mutationFn: (body: Record<string, number>) => client.changeSweep({ id, body }),
    onSuccess: () => {
      dialog.current?.close();
      onChanged();
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = [...new FormData(event.currentTarget)].map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const standing: Record<string, number | undefined> = { ...limits, trials: limits.trials ?? forecast.trials };
    const changed = given.filter(([name, value]) => value !== '' && Number(value) !== standing[name]);
    if (changed.length === 0) return dialog.current?.close();
    extend.mutate(Object.fromEntries(changed.map(([name, value]) => [name, Number(value)])));
  };
  return (
    <>
      <RoleButton className="quiet" onClick={() => dialog.current?.showModal()}>
        Extend
      </RoleButton>
      <dialog ref={dialog} aria-labelledby="extend-title">
        <h2 id="extend-title">Extend the sweep</h2>
        <form id="extend" className="plain" onSubmit={onSubmit} onChange={() => extend.error && extend.reset()}>
          <label>
            Trials in all{' '}
            <input name="trials" type="number" min={1} max={100_000} defaultValue={limits.trials ?? forecast.trials} />
          </label>
          <label>
            Minutes of searching in all{' '}
            <input name="minutes" type="number" min={0} step="any" defaultValue={limits.minutes} />
          </label>
          <label>
            Trials at a time <input name="parallel" type="number" min={1} max={256} defaultValue={limits.parallel} />
          </label>
          {extend.error && <ProblemBox error={extend.error} />}
        </form>
        <div className="actions">
          <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
            Leave it
          </button>
          <button type="submit" form="extend" disabled={extend.isPending}>
            Extend it
          </button>
        </div>
      </dialog>
    </>
  );
}
