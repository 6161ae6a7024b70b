import { mayActAs, type SystemReport, type WorkerKind } from '#contracts';
import { Facts } from '../components/facts.js';
import { Scroll } from '../components/scroll.js';

/** Who computes, and what waits for them in the queue. */
export function WorkerFacts({ report: { queue, workerKinds, caller } }: { report: SystemReport }) {
  return (
    <section aria-label="Queue and workers">
      <h2>Queue and workers</h2>
      {queue === null ? (
        <p className="problem">The queue does not answer: jobs are accepted all the same, and wait.</p>
      ) : (
        <Queue queue={queue} />
      )}
      {mayActAs(caller.role, 'admin') && (
        <p>
          <a href="/queues/" target="_blank" rel="noreferrer">
            The queue entry by entry
          </a>{' '}
          <span className="quiet">in bull-board, to look at; it asks for the key of an admin as the password</span>
        </p>
      )}
      {workerKinds.length > 0 && <Kinds kinds={workerKinds} />}
    </section>
  );
}

function Queue({ queue }: { queue: NonNullable<SystemReport['queue']> }) {
  const { backend, waiting, active, delayed, blocked, workers } = queue;
  return (
    <>
      {workers.length === 0 && (
        <p className="problem">No worker is connected: what is submitted waits until one is started.</p>
      )}
      <Facts
        facts={[
          ['The queue lives in', backend === 'redis' ? 'Redis' : 'PostgreSQL'],
          ['Stages that wait for a worker', waiting],
          ['Stages that workers have taken', active],
          ['Tried again later, or waiting for devices', delayed],
          ['Behind another stage of their job', blocked],
          ['Workers connected', workers.length === 0 ? '0' : `${workers.length}: ${workers.join(', ')}`],
        ]}
      />
    </>
  );
}

function Kinds({ kinds }: { kinds: readonly WorkerKind[] }) {
  return (
    <Scroll isCards label="Kinds of workers of the last 30 days">
      <table>
        <thead>
          <tr>
            <th>Kinds of workers of the last 30 days</th>
            <th className="number">Stages at a time</th>
            <th className="number">Threads of a stage</th>
            <th className="number">Memory of a stage</th>
            <th>ONNX Runtime</th>
          </tr>
        </thead>
        <tbody>
          {kinds.map((kind) => (
            <tr key={JSON.stringify(kind)}>
              <td className="wide">{kind.hardware}</td>
              <td className="number">{kind.concurrency}</td>
              <td className="number">{kind.threads}</td>
              <td className="number">{kind.memoryMb.toLocaleString('en')} MiB</td>
              <td>{kind.engine}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
