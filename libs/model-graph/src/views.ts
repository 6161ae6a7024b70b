import type { LayerNode } from '#contracts';
import type { LayerTime } from './timed-layers.js';

/** What is known of one layer when it is coloured. */
export interface KnownLayer {
  layer: LayerNode;
  /** dB; null where nobody looked. */
  noise: number | null;
  time: LayerTime | null;
}

/** What a view says of a layer: beside its name, among all that is known, and by a colour of the legend. */
export interface LayerFigure {
  short: string;
  words: string;
  shade: number;
}

export interface LegendEntry {
  colour: string;
  text: string;
}

/** Something to colour by. A layer of which it knows nothing has no figure. */
export interface View {
  id: string;
  title: string;
  legend: readonly LegendEntry[];
  figure(known: KnownLayer): LayerFigure | null;
}

const GRAY = '#8d99a5';

const bits: View = {
  id: 'bits',
  title: 'bits of weights',
  legend: [
    { colour: '#7a3ea8', text: 'up to 4 bits' },
    { colour: '#0b62a8', text: 'up to 8' },
    { colour: '#17784a', text: 'up to 16' },
    { colour: GRAY, text: 'more' },
  ],
  figure: ({ layer }) =>
    layer.bits === null
      ? null
      : { short: `${layer.bits} bit`, words: `weights of ${layer.bits} bits`, shade: stepOf(layer.bits, [5, 9, 17]) },
};

const sparsity: View = {
  id: 'sparsity',
  title: 'zeros',
  legend: [
    { colour: GRAY, text: 'below 5 % zeros' },
    { colour: '#8fb8dc', text: 'below 30 %' },
    { colour: '#4a90c8', text: 'below 60 %' },
    { colour: '#0b62a8', text: 'below 90 %' },
    { colour: '#06335a', text: 'more' },
  ],
  figure: ({ layer: { elements, zeros } }) => {
    if (elements === 0 || zeros === null) return null;
    const share = zeros / elements;
    const words = `${rounded(100 * share, 1)} % zeros`;
    return { short: `${Math.round(100 * share)} %`, words, shade: stepOf(share, [0.05, 0.3, 0.6, 0.9]) };
  },
};

const noise: View = {
  id: 'snr',
  title: 'signal to noise',
  legend: [
    { colour: '#c0392b', text: 'below 10 dB' },
    { colour: '#d98a1f', text: 'below 20 dB' },
    { colour: '#7aa63c', text: 'below 30 dB' },
    { colour: '#17784a', text: 'more' },
  ],
  figure: ({ noise: decibels }) => {
    if (decibels === null) return null;
    const text = `${rounded(decibels, 1)} dB`;
    return { short: text, words: text, shade: stepOf(decibels, [10, 20, 30]) };
  },
};

const time: View = {
  id: 'time',
  title: 'share of time',
  legend: [
    { colour: GRAY, text: 'below 1 % of a run' },
    { colour: '#e3c565', text: 'below 5 %' },
    { colour: '#d98a1f', text: 'below 10 %' },
    { colour: '#c0392b', text: 'below 25 %' },
    { colour: '#7b1e14', text: 'more' },
  ],
  figure: ({ time: known }) => {
    if (!known) return null;
    const short = `${rounded(100 * known.share, 1)} %`;
    const words = `${short} of the time, ${rounded(known.meanUs / 1000, 3)} ms`;
    return { short, words, shade: stepOf(known.share, [0.01, 0.05, 0.1, 0.25]) };
  },
};

const PROVIDER_COLOURS = ['#0b62a8', '#d98a1f', '#17784a', '#7a3ea8', '#c0392b'];

/** The legend lists those that ran something. */
function providerView(names: readonly string[]): View {
  const colourOf = (index: number) => PROVIDER_COLOURS[Math.min(index, PROVIDER_COLOURS.length - 1)] ?? GRAY;
  return {
    id: 'provider',
    title: 'execution provider',
    legend: names.map((text, index) => ({ colour: colourOf(index), text })),
    figure: ({ time: known }) => {
      if (!known?.provider) return null;
      const short = shortProvider(known.provider);
      return { short, words: `run by ${short}`, shade: names.indexOf(short) };
    },
  };
}

/** CPUExecutionProvider -> CPU */
const shortProvider = (name: string): string => name.replace(/ExecutionProvider$/, '');

/** Everything that layers may be coloured by, whether something is known of it or not. */
export function viewsOf(times: Iterable<LayerTime>): View[] {
  const providers = [...times].flatMap(({ provider }) => (provider ? [shortProvider(provider)] : []));
  return [bits, sparsity, noise, time, providerView([...new Set(providers)].toSorted())];
}

const stepOf = (value: number, ends: readonly number[]): number => {
  const step = ends.findIndex((end) => value < end);
  return step < 0 ? ends.length : step;
};

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
