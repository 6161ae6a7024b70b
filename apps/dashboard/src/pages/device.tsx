import { useDevices } from '../api/queries.js';
import { ProblemNotice } from '../components/problem.js';
import { RoleNote } from '../components/role-button.js';
import { StateBadge } from '../components/state-badge.js';
import { DeviceActions } from '../fleet/device-actions.js';
import { DeviceDetails } from '../fleet/device-details.js';
import { DeviceHistory } from '../fleet/device-history.js';
import { ago } from '../format.js';
import { addressOf, replaceAddress, type PageProps } from '../route.js';
import { useTitle } from '../title.js';
import { NotFoundPage } from './not-found.js';

/** One device: how it is, what it is, and what it has measured of a model. */
export function DevicePage({ id, query }: PageProps) {
  const { data, error } = useDevices();
  const device = data?.items.find((each) => each.id === id);
  useTitle(device ? `${device.state} · ${device.name}` : 'Device');
  if (!data) return error ? <ProblemNotice error={error} /> : <p className="quiet">Loading…</p>;
  if (!device) return <NotFoundPage title="No such device">It was removed, or it is another server's.</NotFoundPage>;
  return (
    <>
      <div className="heading">
        <h1>{device.name}</h1>
        <StateBadge state={device.state} />
        {device.tags.map((tag) => (
          <span key={tag} className="badge">
            {tag}
          </span>
        ))}
        <span className="quiet">seen {ago(device.lastSeenAt)}</span>
      </div>
      <p role="status">{device.reason}</p>
      <ProblemNotice error={error} />
      <DeviceHistory
        id={id}
        name={device.name}
        model={query.get('model') ?? ''}
        onModel={(model) => replaceAddress(addressOf(`devices/${id}`, { model }))}
      />
      <section aria-label="Device">
        <h2>What it is</h2>
        <DeviceDetails device={device} />
        <RoleNote needs="admin" what="Removing devices" />
        <DeviceActions
          device={device}
          onRemoved={() => {
            location.hash = '#/devices';
          }}
        />
      </section>
    </>
  );
}
