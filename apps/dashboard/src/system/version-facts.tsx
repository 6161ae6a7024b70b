import type { SystemReport } from '#contracts';
import { Facts } from '../components/facts.js';

/** What runs here, and in which version. */
export function VersionFacts({ report: { versions, queue } }: { report: SystemReport }) {
  return (
    <section aria-label="Versions">
      <h2>Versions</h2>
      <Facts
        facts={[
          ['Coldpress', versions.coldpress],
          ['ONNX Runtime of the workers', versions.engines.join(', ') || 'no worker has said'],
          ['Node.js of the API', versions.node],
          ['PostgreSQL', versions.database],
          ['Queue', queue === null ? 'does not answer' : `BullMQ on ${queue.backend}`],
        ]}
      />
    </section>
  );
}
