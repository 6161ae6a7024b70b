import { formatLatencyRatio, type DeviceMeasurement } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { ProblemNotice } from '../components/problem.js';
import { Scroll } from '../components/scroll.js';
import { ago, shortDigest } from '../format.js';
import { changesOfDevice, linesOf } from './history-lines.js';
import { HistoryPlot, MOST_LINES } from './history-plot.js';

/** Measurements that are read at most: the newest. */
const MOST = 200;

interface DeviceHistoryProps {
  id: string;
  name: string;
  /** The model whose history is shown; empty for the one that was measured last. */
  model: string;
  onModel: (id: string) => void;
}

/** What a device measured of a model, again and again, and of what was made from it. */
export function DeviceHistory({ id, name, model, onModel }: DeviceHistoryProps) {
  const all = useHistory(id, '');
  const chosen = model || (all.data?.items[0]?.modelId ?? '');
  const found = useHistory(id, chosen, chosen !== '');
  const error = all.error ?? found.error;
  return (
    <section aria-label="History">
      <div className="heading">
        <h2>History</h2>
        {chosen && <ModelChoice measured={all.data?.items ?? []} value={chosen} onChange={onModel} />}
      </div>
      <ProblemNotice error={error} />
      {(all.isPending || found.isPending) && chosen !== '' && !error && <p className="quiet">Loading…</p>}
      {all.data && chosen === '' && (
        <p className="empty">
          It has measured nothing yet: name it in the option “devices” of the pass evaluate, and run the job.
        </p>
      )}
      {chosen !== '' && found.data && <Measured device={name} model={chosen} measurements={found.data.items} />}
      {found.data?.nextCursor && <p className="warning">These are the newest {MOST} measurements.</p>}
    </section>
  );
}

const useHistory = (id: string, model: string, enabled = true) =>
  useQuery({
    queryKey: ['device history', id, model],
    enabled,
    queryFn: ({ signal }) => client.deviceBenchmarks({ id, limit: MOST, ...(model && { model }) }, { signal }),
    staleTime: 0,
  });

interface ModelChoiceProps {
  measured: readonly DeviceMeasurement[];
  value: string;
  onChange: (id: string) => void;
}

function ModelChoice({ measured, value, onChange }: ModelChoiceProps) {
  const names = new Map(measured.map(({ modelId, modelName }) => [modelId, modelName]));
  if (!names.has(value)) names.set(value, 'a model');
  return (
    <label>
      Model{' '}
      <select name="model" value={value} onChange={(event) => onChange(event.target.value)}>
        {[...names].map(([id, name]) => (
          <option key={id} value={id}>
            {name} ({shortDigest(id)})
          </option>
        ))}
      </select>
    </label>
  );
}

interface MeasuredProps {
  device: string;
  model: string;
  measurements: readonly DeviceMeasurement[];
}

function Measured({ device, model, measurements }: MeasuredProps) {
  const lines = linesOf(model, measurements);
  if (lines.length === 0) return <p className="empty">It has not measured this model.</p>;
  return (
    <>
      <HistoryPlot device={device} lines={lines} changes={changesOfDevice(measurements)} />
      {lines.length > MOST_LINES && (
        <p className="quiet">
          Drawn are the model and the {MOST_LINES - 1} that were measured most; the table has all {lines.length}.
        </p>
      )}
      <Scroll isCards label={`Measurements on ${device}`}>
        <table>
          <thead>
            <tr>
              <th>Measured</th>
              <th>Job</th>
              <th>Model</th>
              <th className="number">Median (ms)</th>
              <th className="number">95 % interval (ms)</th>
              <th className="number">Against the original</th>
            </tr>
          </thead>
          <tbody>
            {measurements.flatMap((measurement) =>
              measurement.models.map(({ label, p50, low, high, latencyRatio }, index) => (
                <tr key={`${measurement.id} ${index}`}>
                  <td title={measurement.measuredAt}>
                    <span className={index === 0 ? '' : 'narrow'}>{ago(measurement.measuredAt)}</span>
                  </td>
                  <td className="wide">
                    <a className={index === 0 ? '' : 'narrow'} href={`#/jobs/${measurement.jobId}`}>
                      {measurement.title}
                    </a>
                  </td>
                  <td>{label}</td>
                  <td className="number">{p50.toFixed(3)}</td>
                  <td className="number">
                    {low === null || high === null ? 'too few runs' : `${low.toFixed(3)}..${high.toFixed(3)}`}
                  </td>
                  <td className="number">{latencyRatio ? formatLatencyRatio(latencyRatio) : '–'}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}
