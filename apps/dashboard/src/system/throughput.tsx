import { formatDuration, type SystemReport } from '#contracts';
import { ChartData } from '../components/chart-data.js';
import { Facts } from '../components/facts.js';
import { scaleOf } from '../scale.js';
import { useWidth } from '../width.js';

type LastDay = SystemReport['lastDay'];

const HEIGHT = 150;
const EDGE = { left: 44, right: 8, top: 22, bottom: 34 };
const GAP = 2;
/** Hours between two labels. */
const LABEL_HOURS = 6;

/** What was done within a day, hour by hour, and how much of it came from the cache. */
export function Throughput({ lastDay, results }: { lastDay: LastDay; results: number }) {
  const { jobs, computed, cached, seconds, hours } = lastDay;
  const all = computed + cached;
  return (
    <section aria-label="Throughput">
      <h2>The last 24 hours</h2>
      <Facts
        facts={[
          ['Jobs that ended', `${jobs.succeeded} succeeded, ${jobs.failed} failed, ${jobs.cancelled} cancelled`],
          ['Stages computed', computed === 0 ? '0' : `${computed}, ${formatDuration(seconds)} of passes`],
          [
            'Found in the cache',
            all === 0 ? 'no stage ended' : `${cached} of ${all} stages, ${((100 * cached) / all).toFixed(0)} %`,
          ],
          ['Results in the cache', results.toLocaleString('en')],
        ]}
      />
      {all > 0 && <HourBars hours={hours} />}
    </section>
  );
}

function HourBars({ hours }: { hours: LastDay['hours'] }) {
  const [box, width] = useWidth<HTMLDivElement>(720);
  const most = Math.max(1, ...hours.map(({ computed, cached }) => computed + cached));
  const { at, ticks } = scaleOf([0, most], HEIGHT - EDGE.bottom, EDGE.top, { air: 0, count: 4 });
  const whole = ticks.filter((tick) => Number.isInteger(tick));
  const step = (width - EDGE.left - EDGE.right) / hours.length;
  const data = () => ({
    columns: ['hour from', 'stages computed', 'stages from the cache'],
    rows: hours.map(({ from, computed, cached }) => [from, computed, cached]),
  });
  return (
    <figure className="inputs">
      <ul className="legend">
        <li>
          <span className="swatch computed" /> computed
        </li>
        <li>
          <span className="swatch found" /> from the cache
        </li>
      </ul>
      <div ref={box} className="card plot hours">
        <svg width={width} height={HEIGHT} role="img" aria-label="Stages that ended in each of the last 24 hours">
          <text x={4} y={12}>
            stages an hour
          </text>
          {whole.map((tick) => (
            <g key={tick} className="tick">
              <line x1={EDGE.left} x2={width - EDGE.right} y1={at(tick)} y2={at(tick)} />
              <text x={EDGE.left - 6} y={at(tick) + 4} textAnchor="end">
                {tick}
              </text>
            </g>
          ))}
          {hours.map(({ from, computed, cached }, index) => {
            const x = EDGE.left + index * step + GAP / 2;
            const bar = { x, width: Math.max(1, step - GAP) };
            return (
              <g key={from}>
                <title>{`${hourOf(from)}: ${computed} computed, ${cached} from the cache`}</title>
                <rect {...bar} className="computed" y={at(computed)} height={at(0) - at(computed)} />
                <rect
                  {...bar}
                  className="found"
                  y={at(computed + cached)}
                  height={at(computed) - at(computed + cached)}
                />
                {index % LABEL_HOURS === 0 && (
                  <text x={x} y={HEIGHT - 18}>
                    {hourOf(from)}
                  </text>
                )}
              </g>
            );
          })}
          <text x={width - EDGE.right} y={HEIGHT - 4} textAnchor="end">
            hour of the day, on this clock
          </text>
        </svg>
      </div>
      <ChartData title="stages an hour" fileName="stages-an-hour.csv" data={data} />
    </figure>
  );
}

const hourOf = (iso: string): string =>
  new Date(iso).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
