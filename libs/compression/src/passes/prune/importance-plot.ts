import { elementOf } from '#onnx';
import { linePlot, type PlotSeries } from '#evaluation';
import type { ScoreHistogram } from '../../pruning/channels/histogram.js';
import type { GroupReport } from '../../pruning/channels/group-report.js';

type Ranked = Pick<GroupReport, 'producers' | 'channels' | 'removed' | 'importance'>;

/**
 * One line per group: the importance of its channels from the least to the greatest, and a mark where the cut lies,
 * removed on its left; an SVG.
 */
export function importancePlot(groups: readonly Ranked[]): string {
  const lines = groups.map(({ producers, importance }): PlotSeries => ({
    name: elementOf(producers, 0, 'producers'),
    points: ranks(importance),
  }));
  const cutOf = ({ importance, removed, channels }: Ranked) =>
    [removed / channels, valueAt(ranks(importance), removed / channels)] as const;
  const cuts = groups.filter(({ removed }) => removed > 0).map(cutOf);
  return linePlot({
    title: 'Importance of the channels',
    xLabel: 'share of the channels, least important first',
    yLabel: 'importance, mean 1',
    series: [...lines, { name: 'where the cut lies', points: cuts, style: 'marks' }],
  });
}

/** Share of the channels up to the end of each bin against the importance there. */
function ranks({ min, max, counts }: ScoreHistogram): (readonly [number, number])[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let passed = 0;
  const scoreAt = (i: number) => min + ((max - min) * (i + 1)) / counts.length;
  const points = counts.map((count, i) => [(passed += count) / total, scoreAt(i)] as const);
  return [[0, min], ...points];
}

/** On the line between the two points around a share. */
function valueAt(points: readonly (readonly [number, number])[], share: number): number {
  const next = Math.max(
    1,
    points.findIndex(([x]) => x >= share),
  );
  const [[x0, y0], [x1, y1]] = [elementOf(points, next - 1, 'points'), elementOf(points, next, 'points')];
  return x1 > x0 ? y0 + ((y1 - y0) * (share - x0)) / (x1 - x0) : y1;
}
