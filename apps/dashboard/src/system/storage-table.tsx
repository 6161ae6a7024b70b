import { formatBytes, type StoredKind } from '#contracts';
import { Scroll } from '../components/scroll.js';

const WORDS: Readonly<Record<StoredKind['kind'], string>> = {
  models: 'Models uploaded, registered or promoted',
  datasets: 'Data sets',
  stageModels: 'Models that stages made',
  stageFiles: 'Reports, plots and other files of stages',
  checkpoints: 'Checkpoints of trainings',
};

/** Bytes in the store by what they are. */
export function StorageTable({ storage }: { storage: readonly StoredKind[] }) {
  const total = storage.reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <section aria-label="Storage">
      <h2>Storage</h2>
      <Scroll isCards label="Bytes by kind">
        <table>
          <thead>
            <tr>
              <th>What</th>
              <th className="number">Files</th>
              <th className="number">Size</th>
              <th className="number">Share</th>
            </tr>
          </thead>
          <tbody>
            {storage.map(({ kind, files, bytes }) => (
              <tr key={kind}>
                <td>{WORDS[kind]}</td>
                <td className="number">{files.toLocaleString('en')}</td>
                <td className="number">{formatBytes(bytes)}</td>
                <td
                  className="number bar-cell"
                  style={{ backgroundSize: `${total === 0 ? 0 : (100 * bytes) / total}% 100%` }}
                >
                  {total === 0 ? '–' : `${((100 * bytes) / total).toFixed(0)} %`}
                </td>
              </tr>
            ))}
            <tr>
              <th scope="row">Together</th>
              <td className="number">{storage.reduce((sum, { files }) => sum + files, 0).toLocaleString('en')}</td>
              <td className="number">{formatBytes(total)}</td>
              <td />
            </tr>
          </tbody>
        </table>
      </Scroll>
      <p className="quiet">
        Equal files of one kind are counted once. A data set counts all its files; results whose jobs were deleted stay,
        and count.
      </p>
    </section>
  );
}
