import type { Device } from '#contracts';
import { useDevices } from '../api/queries.js';
import { CardList } from '../components/card-list.js';
import { EnrolDeviceForm } from '../components/enrol-device.js';
import { ProblemNotice } from '../components/problem.js';
import { RoleNote } from '../components/role-button.js';
import { StateBadge } from '../components/state-badge.js';
import { DeviceActions } from '../fleet/device-actions.js';
import { DeviceDetails } from '../fleet/device-details.js';
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
      <RoleNote needs="admin" what="Enrolling and removing devices" />
      <ProblemNotice error={error} />
      {isPending && <p className="quiet">Loading…</p>}
      {data?.items.length === 0 && (
        <p className="empty">No devices yet. Enrol one: it asks this server for work and measures models on itself.</p>
      )}
      <CardList items={data?.items ?? []}>{(device) => <DeviceCard key={device.id} device={device} />}</CardList>
    </>
  );
}

function DeviceCard({ device }: { device: Device }) {
  const { name, state, reason, tags, waiting, lastSeenAt } = device;
  return (
    <li className="card">
      <div className="heading">
        <h2>
          <a href={`#/devices/${device.id}`}>{name}</a>
        </h2>
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
        <DeviceDetails device={device} />
      </details>
      <DeviceActions device={device} />
    </li>
  );
}
