import type { DrawnLayer } from './drawing.js';

/** All that is known of a layer. It stands by itself, since the HTML report carries its source. */
export function layerWords({ operator, name, figures, inputBits, reason }: DrawnLayer): string {
  const known = [
    `${operator} ${name}`,
    ...figures.flatMap((figure) => figure?.words ?? []),
    ...(inputBits === null ? [] : [`inputs of ${inputBits} bits`]),
    ...(reason === null ? [] : [`left alone by ${reason}`]),
  ];
  return known.join(', ');
}

/**
 * What stands beside a layer: what it is, and what the chosen view says of it. The end of a long name tells it from others. It stands by itself, since
 * the HTML report carries its source.
 */
export function layerLabel({ operator, name, figures }: DrawnLayer, view: number): string {
  const longest = 26;
  const short = name.length > longest ? `…${name.slice(1 - longest)}` : name;
  const figure = figures[view];
  return `${operator} ${short}${figure ? ` · ${figure.short}` : ''}`;
}
