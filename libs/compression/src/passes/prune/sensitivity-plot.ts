import { elementOf } from '#onnx';
import { linePlot, type PlotSeries } from '#evaluation';
import type { SensitivityPoint } from './sensitivity.js';

/** One line per group: top-1 lost, in points, against the share removed of that group alone; an SVG. */
export function groupSensitivityPlot(points: readonly SensitivityPoint[]): string {
  const names = [...new Set(points.map(({ producers }) => elementOf(producers, 0, 'producers')))];
  const series = names.map((name): PlotSeries => ({
    name,
    points: [
      [0, 0],
      ...points
        .filter(({ producers }) => producers[0] === name)
        .map(({ ratio, top1Drop }): [number, number] => [ratio, top1Drop * 100]),
    ],
  }));
  return linePlot({
    title: 'What each group alone costs',
    xLabel: 'share of its channels removed',
    yLabel: 'top-1 lost, points',
    series,
  });
}
