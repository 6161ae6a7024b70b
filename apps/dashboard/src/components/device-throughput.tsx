import { formatLatencyRatio, throughputName, type ModelThroughput, type ThroughputPoint } from '#contracts';
import { Scroll } from './scroll.js';

/** Samples a second of each model at each combination of batch size and threads; nothing where none was asked for. */
export function DeviceThroughput({ name, points }: { name: string; points: readonly ThroughputPoint[] }) {
  if (points.length === 0) return null;
  return (
    <Scroll isCards label={`Samples a second on ${name}`}>
      <table>
        <thead>
          <tr>
            <th>At</th>
            <th>Model</th>
            <th className="number">Samples / s</th>
            <th className="number">95 % interval</th>
            <th className="number">Time against the original</th>
          </tr>
        </thead>
        <tbody>{points.flatMap((point) => rowsOf(point))}</tbody>
      </table>
    </Scroll>
  );
}

function rowsOf(point: ThroughputPoint) {
  const at = throughputName(point);
  if (point.reason !== null)
    return [
      <tr key={at}>
        <th scope="row">{at}</th>
        <td colSpan={4}>not measured: {point.reason}</td>
      </tr>,
    ];
  return point.models.map((model) => (
    <tr key={`${at} ${model.label}`}>
      <th scope="row">{at}</th>
      <td>{model.label}</td>
      <td className="number">{rate(model.perSecond)}</td>
      <td className="number">{intervalOf(model)}</td>
      <td className="number">{model.latencyRatio ? formatLatencyRatio(model.latencyRatio) : '–'}</td>
    </tr>
  ));
}

const rate = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 4 });

const intervalOf = ({ low, high }: ModelThroughput): string =>
  low === null || high === null ? 'too few runs' : `${rate(low)}..${rate(high)}`;
