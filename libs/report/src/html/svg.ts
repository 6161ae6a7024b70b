import { escapeHtml } from './markup.js';

/** Colours of series, as variables of the page's style. */
export const seriesColour = (index: number): string => `var(--s${index % 5})`;

/** A scale from values to places, with round ticks. */
export interface PlotScale {
  at(value: number): number;
  ticks: number[];
}

/** A linear scale over values that holds `from` and `to`, ticks at 1, 2 or 5 times a power of ten. */
export function linearScale([from, to]: readonly [number, number], [start, end]: readonly [number, number]): PlotScale {
  const span = to - from || Math.abs(to) || 1;
  const raw = span / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power;
  const first = Math.floor(from / step);
  const last = Math.max(first + 1, Math.ceil(to / step - 1e-9));
  const [low, high] = [first * step, last * step];
  return {
    at: (value) => start + ((value - low) / (high - low)) * (end - start),
    ticks: Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12))),
  };
}

/** A drawing with a name for who cannot see it. */
export function svg(width: number, height: number, label: string, parts: readonly string[]): string {
  return (
    `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" ` +
    `aria-label="${escapeHtml(label)}">${parts.join('')}</svg>`
  );
}

/** A place to two digits. */
export const place = (value: number): string => String(Math.round(value * 100) / 100);

export function svgText(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end' = 'start'): string {
  return `<text x="${place(x)}" y="${place(y)}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
}

export function svgLine(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line x1="${place(x1)}" y1="${place(y1)}" x2="${place(x2)}" y2="${place(y2)}" ${style}/>`;
}
