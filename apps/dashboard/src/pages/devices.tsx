import type { Device } from '#contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { useDevices } from '../api/queries.js';
import { ConfirmButton } from '../components/confirm-button.js';
import { EnrolDeviceForm } from '../components/enrol-device.js';
import { Facts } from '../components/facts.js';
import { ProblemNotice } from '../components/problem.js';
import { StateBadge } from '../components/state-badge.js';
import { ago } from '../format.js';
import { useTitle } from '../title.js';

/** The fleet: each device with its state and the reason for it, what it is, and how it is at the moment. */
export function DevicesPage() {
  const { data, error, isPending } = useDevices();
  useTitle('Devices');
  return (
    <>
      <div className="heading">
        <h1>Devices</h1>
        <EnrolDeviceForm />
      </div>
      <ProblemNotice error={error} />
      {isPending && <p className="quiet">Loading…</p>}
      {data?.items.length === 0 && (
        <p className="empty">No devices yet. Enrol one: it asks this server for work and measures models on itself.</p>
      )}
      <ul className="plain cards">
        {(data?.items ?? []).map((device) => (
          <DeviceCard key={device.id} device={device} />
        ))}
      </ul>
    </>
  );
}

function DeviceCard({ device }: { device: Device }) {
  const { name, state, reason, tags, waiting, lastSeenAt } = device;
  return (
    <li className="card">
      <div className="heading">
        <h2>{name}</h2>
        <StateBadge state={state} />
        {tags.map((tag) => (
          <span key={tag} className="badge">
            {tag}
          </span>
        ))}
        <span className="quiet">seen {ago(lastSeenAt)}</span>
      </div>
      <p>{reason}</p>
      {waiting > 0 && (
        <p className="quiet">{waiting === 1 ? 'One benchmark waits' : `${waiting} benchmarks wait`} for it by name.</p>
      )}
      <details>
        <summary>
          Processor, runtime, condition<span className="heard"> of {name}</span>
        </summary>
        <DeviceFacts device={device} />
      </details>
      <DeviceActions device={device} />
    </li>
  );
}

function DeviceFacts({ device: { fingerprint: is, condition, version, failures } }: { device: Device }) {
  return (
    <Facts
      facts={[
        ['Processor', `${is.cpu}, ${is.cores} cores, ${is.arch}`],
        ['Instructions', is.isa.join(', ')],
        ['Memory', is.memoryMb === null ? 'unknown' : `${is.memoryMb.toLocaleString('en')} MB`],
        ['Frequency', frequencyText(is, condition)],
        ['System', is.os],
        ['Runtime', `${is.runtime} with ${is.providers.join(', ')}`],
        ['Temperature', condition && withUnit(condition.temperatureC, '°C')],
        ['Load', condition && withUnit(condition.load, '')],
        ['Power', condition && powerText(condition.onBattery)],
        ['Agent', `${version} (${is.kind})`],
        ['Failures in a row', failures > 0 ? String(failures) : undefined],
      ]}
    />
  );
}

const withUnit = (value: number | null, unit: string): string =>
  value === null ? 'cannot be read there' : `${value.toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`;

const powerText = (onBattery: boolean | null): string =>
  onBattery === null ? 'cannot be read there' : onBattery ? 'on battery' : 'mains';

function frequencyText(is: Device['fingerprint'], condition: Device['condition']): string {
  const told = [
    condition?.frequencyMhz ? `${withUnit(condition.frequencyMhz, 'MHz')} now` : '',
    is.maxFrequencyMhz === null ? '' : `${withUnit(is.maxFrequencyMhz, 'MHz')} at most`,
    is.governor === null ? '' : `governor ${is.governor}`,
  ].filter((part) => part !== '');
  return told.join(', ') || withUnit(null, 'MHz');
}

function DeviceActions({ device: { id, name, state } }: { device: Device }) {
  const queries = useQueryClient();
  const onSuccess = () => queries.invalidateQueries({ queryKey: ['devices'] });
  const drain = useMutation({ mutationFn: () => client.drainDevice({ id }), onSuccess });
  const resume = useMutation({ mutationFn: () => client.resumeDevice({ id }), onSuccess });
  const remove = useMutation({ mutationFn: () => client.deleteDevice({ id }), onSuccess });
  const isHeld = state === 'draining' || state === 'quarantined';
  return (
    <div className="actions">
      <ProblemNotice error={drain.error ?? resume.error ?? remove.error} />
      {isHeld ? (
        <button type="button" className="quiet" aria-label={`Resume ${name}`} onClick={() => resume.mutate()}>
          Resume
        </button>
      ) : (
        <button type="button" className="quiet" aria-label={`Drain ${name}`} onClick={() => drain.mutate()}>
          Drain
        </button>
      )}
      <ConfirmButton
        word="Remove"
        subject={name}
        question={`The key of ${name} opens nothing any more. What it measured stays.`}
        disabled={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </div>
  );
}
