import { formatBytes } from '#contracts';
import type { ModelRow } from '../rows.js';
import { linearScale, place, seriesColour, svg, svgLine, svgText } from './svg.js';

const [LABELS, WIDTH, ROW, TOP] = [150, 760, 44, 8];

/** Bytes on disk, and compressed for transfer, of each model as bars. */
export function sizePlot(rows: readonly ModelRow[]): string {
  const most = Math.max(...rows.map(({ metrics: { bytes, compressedBytes } }) => Math.max(bytes, compressedBytes)));
  const unit = most >= 1e6 ? { bytes: 1e6, name: 'megabytes' } : { bytes: 1e3, name: 'kilobytes' };
  const scale = linearScale([0, most / unit.bytes], [LABELS, WIDTH - 90]);
  const bottom = TOP + rows.length * ROW;
  const axis = scale.ticks.flatMap((tick) => [
    svgLine(scale.at(tick), TOP, scale.at(tick), bottom, 'class="grid"'),
    svgText(scale.at(tick), bottom + 16, String(tick), 'middle'),
  ]);
  const bars = rows.flatMap(({ label, metrics: { bytes, compressedBytes } }, model) => {
    const top = TOP + model * ROW;
    const bar = (value: number, y: number, opacity: number, what: string) => {
      const end = scale.at(value / unit.bytes);
      const box = `x="${LABELS}" y="${y}" width="${place(Math.max(1, end - LABELS))}" height="14"`;
      const rect = `<rect ${box} fill="${seriesColour(model)}" fill-opacity="${opacity}"/>`;
      return rect + svgText(end + 6, y + 11, `${formatBytes(value)} ${what}`);
    };
    return [
      svgText(LABELS - 10, top + 22, label.slice(0, 22), 'end'),
      bar(bytes, top + 4, 1, ''),
      bar(compressedBytes, top + 21, 0.5, 'packed'),
    ];
  });
  const title = svgText((LABELS + WIDTH) / 2, bottom + 34, unit.name, 'middle');
  return svg(WIDTH, bottom + 40, 'Size of each model on disk and compressed, as in the table', [
    ...axis,
    ...bars,
    title,
  ]);
}
