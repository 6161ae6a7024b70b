import { useQuery } from '@tanstack/react-query';
import { useDevices, useLine, usePasses, useSystem } from '../api/queries.js';
import { readinessOf } from '../api/readiness.js';
import { Facts } from '../components/facts.js';
import { ProblemNotice } from '../components/problem.js';
import { Scroll } from '../components/scroll.js';
import { StateBadge } from '../components/state-badge.js';
import { StorageTable } from '../system/storage-table.js';
import { Throughput } from '../system/throughput.js';
import { VersionFacts } from '../system/version-facts.js';
import { WorkerFacts } from '../system/worker-facts.js';
import { KeyList } from '../system/key-list.js';
import { useTitle } from '../title.js';

const ASK_AGAIN_MS = 10_000;

/** Whether the parts of the server answer, what is in line, done and stored, who may come in, and the passes. */
export function SystemPage() {
  useTitle('System');
  return (
    <>
      <h1>System</h1>
      <Parts />
      <Line />
      <Report />
      <Passes />
      <h2>Interfaces</h2>
      <p>
        <a href="#/api">The REST API</a>, every route with its parameters and answers; as documents{' '}
        <a href="/openapi.json">openapi.json</a> and <a href="/openapi.yaml">openapi.yaml</a>.
      </p>
    </>
  );
}

/** What the server tells of itself. */
function Report() {
  const { data, error } = useSystem();
  if (!data) return <ProblemNotice error={error} />;
  return (
    <>
      <WorkerFacts report={data} />
      <Throughput lastDay={data.lastDay} results={data.results} />
      <StorageTable storage={data.storage} />
      <KeyList caller={data.caller} />
      <VersionFacts report={data} />
    </>
  );
}

function Parts() {
  const { data, error } = useQuery({
    queryKey: ['ready'],
    queryFn: ({ signal }) => readinessOf(signal),
    refetchInterval: ASK_AGAIN_MS,
    staleTime: 0,
  });
  return (
    <section aria-label="Parts">
      <h2>Parts</h2>
      <ProblemNotice error={error} />
      <ul className="tiles plain">
        {Object.entries(data?.checks ?? {}).map(([part, { ok, error: reason }]) => (
          <li key={part} className="card tile">
            <div className="quiet">{part}</div>
            <StateBadge state={ok ? 'ok' : 'away'} />
            {reason && <p className="problem">{reason}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Line() {
  const line = useLine();
  const devices = useDevices();
  const count = (items: readonly unknown[], isCut = false) =>
    isCut ? `${items.length} or more` : String(items.length);
  return (
    <section aria-label="In line">
      <h2>In line</h2>
      <ProblemNotice error={line.error ?? devices.error} />
      {line.data && (
        <Facts
          facts={[
            ['Jobs that run', line.data.running.length === 0 ? '0' : line.data.running.map(nameOf).join(', ')],
            ['Jobs that wait', count(line.data.queued, line.data.isCut)],
            ['Devices that measure', devices.data && count(devices.data.items.filter(({ state }) => state === 'busy'))],
          ]}
        />
      )}
    </section>
  );
}

const nameOf = ({ name, title }: { name: string | null; title: string }): string => name ?? title;

function Passes() {
  const { data, error } = usePasses();
  return (
    <section aria-label="Passes">
      <h2>Passes</h2>
      <ProblemNotice error={error} />
      {data && (
        <Scroll isCards label="Passes">
          <table>
            <thead>
              <tr>
                <th>Pass</th>
                <th className="number">Version</th>
                <th>What it does</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map(({ name, version, summary }) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td className="number">{version}</td>
                  <td className="wide">{summary}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}
