import { formatDuration, type Job, type JobStage } from '#contracts';
import { scaleOf } from '../scale.js';
import { foldedScale, type FoldedScale, type StageSpan } from '../timeline.js';
import { useWidth } from '../width.js';
import { ChartData } from './chart-data.js';

const ROW = 26;
const LEFT = 110;
const RIGHT = 70;
const BAR = 14;
const AXIS = 40;

interface TimedStage {
  stage: JobStage;
  span: StageSpan;
}

/** When each stage ran, from the submission on; time in which none did is folded. */
export function Timeline({ job }: { job: Job }) {
  const [box, width] = useWidth<HTMLDivElement>(720);
  const timed = job.stages.flatMap(spanOf);
  if (timed.length === 0) return null;
  const submitted = Date.parse(job.createdAt);
  const scale = foldedScale(
    [{ from: submitted, to: submitted + 1 }, ...timed.map(({ span }) => span)],
    width - LEFT - RIGHT,
  );
  const height = timed.length * ROW + AXIS;
  const x = (moment: number) => LEFT + scale.at(moment);
  const lasted = (Math.max(...timed.map(({ span }) => span.to)) - submitted) / 1000;
  const data = () => ({
    columns: ['stage', 'pass', 'began after (s)', 'took (s)', 'cached'],
    rows: timed.map(({ stage, span }) => [
      stage.index + 1,
      stage.pass,
      (span.from - submitted) / 1000,
      (span.to - span.from) / 1000,
      stage.cached ? 'yes' : 'no',
    ]),
  });
  return (
    <section aria-label="Timeline">
      <h2>Timeline</h2>
      <div ref={box} className="card plot timeline">
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`When each of ${timed.length} stages ran, from the submission on`}
        >
          <Axis scale={scale} seconds={lasted} width={width} height={height} />
          {timed.map(({ stage, span }, row) => (
            <g key={stage.index}>
              <text x={8} y={row * ROW + BAR + 3}>
                {stage.index + 1}. {stage.pass}
              </text>
              <rect
                x={x(span.from)}
                y={row * ROW + 5}
                width={Math.max(2, x(span.to) - x(span.from))}
                height={BAR}
                rx={3}
                className={stage.cached ? 'cached' : stage.state}
              />
              <text x={Math.max(2, x(span.to)) + 6} y={row * ROW + BAR + 3} className="took">
                {stage.cached ? 'cached' : formatDuration((span.to - span.from) / 1000)}
              </text>
            </g>
          ))}
        </svg>
      </div>
      <ChartData title="the timeline" fileName="timeline.csv" data={data} />
    </section>
  );
}

interface AxisProps {
  scale: FoldedScale;
  /** From the submission to the end. */
  seconds: number;
  width: number;
  height: number;
}

/** Times since the submission; where idle time is folded its length stands in their place. */
function Axis({ scale: { folds }, seconds, width, height }: AxisProps) {
  const plain = scaleOf([0, seconds], LEFT, width - RIGHT, { air: 0, count: 4 });
  return (
    <>
      {folds.map(({ at: place, ms }, index) => (
        <g key={place} className="fold">
          <title>{formatDuration(ms / 1000)} idle</title>
          <line x1={LEFT + place} x2={LEFT + place} y1={0} y2={height - AXIS + 4} />
          {hasRoom(folds, index) && (
            <text x={LEFT + place} y={height - 22} textAnchor="middle">
              {formatDuration(ms / 1000)} idle
            </text>
          )}
        </g>
      ))}
      {folds.length === 0 &&
        plain.ticks.map((tick) => (
          <g key={tick} className="tick">
            <line x1={plain.at(tick)} x2={plain.at(tick)} y1={0} y2={height - AXIS + 4} />
            <text x={plain.at(tick)} y={height - 22} textAnchor="middle">
              {formatDuration(tick)}
            </text>
          </g>
        ))}
      <text x={LEFT} y={height - 6}>
        time since the submission{folds.length > 0 && '; when nothing ran it is folded'}
      </text>
    </>
  );
}

/** Labels nearer than this would run into each other, px. */
const LABEL = 110;

/** Whether a fold lies far enough from the one before it for its label; its line tells it all the same. */
function hasRoom(folds: readonly { at: number }[], index: number): boolean {
  const [fold, before] = [folds[index], folds[index - 1]];
  return fold === undefined || before === undefined || fold.at - before.at >= LABEL;
}

function spanOf(stage: JobStage): TimedStage[] {
  if (stage.startedAt === null) return [];
  const from = Date.parse(stage.startedAt);
  const to = stage.finishedAt === null ? Date.now() : Date.parse(stage.finishedAt);
  return [{ stage, span: { from, to: Math.max(from, to) } }];
}
