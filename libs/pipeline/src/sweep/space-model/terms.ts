import type { ChannelCosts } from '#contracts';
import type { SweepPlan } from '../sweep-plan.js';
import { noiseShare, type AnalyzedWidths, type SpaceMeasures } from './measures.js';
import { ratioParameters, widthParameters, type AskedOfParts } from './asked-of-parts.js';

/** A share of what a trial comes to, and the parameters that decide it. */
export interface Term {
  parameters: readonly string[];
  /** Bytes more than those of the float model that nothing was removed from. */
  bytes(settings: AskedOfParts): number;
  /** Noise at the outputs, as a share of the signal. */
  noise(settings: AskedOfParts): number;
}

const FLOAT_BITS = 32;

/** All that is known of a sweep's trials, in terms that add up. */
export function termsOf(plan: SweepPlan, { layers, channels }: SpaceMeasures): Term[] {
  const ofLayer = new Map(layers.map((layer) => [layer.node, widthParameters(plan, layer.node)]));
  const widths = layers.map((layer) => widthTerm(layer, ofLayer.get(layer.node) ?? [], channels));
  if (!channels) return widths;
  const ofGroup = channels.groups.map(({ producers }) => ratioParameters(plan, producers));
  const parametersOf = (groups: readonly number[]) => [...new Set(groups.flatMap((group) => ofGroup[group] ?? []))];
  const shares = new Shares(channels);
  const groups = channels.groups.map((_, group): Term => ({
    parameters: parametersOf([group]),
    bytes: () => 0,
    noise: (settings) => shares.noise(group, settings),
  }));
  const pairs = channels.pairs.map(({ first, second, correlation }): Term => ({
    parameters: parametersOf([first, second]),
    bytes: () => 0,
    noise: (settings) => correlation * Math.sqrt(shares.noise(first, settings) * shares.noise(second, settings)),
  }));
  const tensors = channels.tensors.map((tensor): Term => {
    const layer = layerOf(tensor, layers);
    const cut = tensor.axes.flatMap(({ cuts }) => cuts.map(({ group }) => group));
    return {
      parameters: [...new Set([...parametersOf(cut), ...(layer ? (ofLayer.get(layer.node) ?? []) : [])])],
      bytes: (settings) => shares.bytes(tensor, settings, layer ? settings.widthOf(layer.node) : null),
      noise: () => 0,
    };
  });
  const declared = channels.declared.map(({ bytes, groups: touched }): Term => ({
    parameters: parametersOf(touched),
    bytes: (settings) => (touched.some((group) => shares.gone(group, settings) > 0) ? -bytes : 0),
    noise: () => 0,
  }));
  return [...widths, ...groups, ...pairs, ...tensors, ...declared];
}

/** A layer's noise by its width; its bytes too, where no tensor that channels cut stands for them. */
function widthTerm(layer: AnalyzedWidths, parameters: readonly string[], channels: ChannelCosts | null): Term {
  const isCut = channels?.tensors.some((tensor) => layerOf(tensor, [layer]) === layer) ?? false;
  const noiseAt = (bits: number) => noiseShare(layer.widths.find((width) => width.bits === bits)?.outputSnrDb);
  return {
    parameters,
    bytes(settings) {
      const bits = settings.widthOf(layer.node);
      return isCut || bits === null ? 0 : (layer.elements * (bits - FLOAT_BITS)) / 8;
    },
    noise(settings) {
      const bits = settings.widthOf(layer.node);
      return bits === null ? 0 : noiseAt(bits);
    },
  };
}

type Tensor = ChannelCosts['tensors'][number];

/** The layer whose weight a tensor is. */
function layerOf({ node, axes }: Tensor, layers: readonly AnalyzedWidths[]): AnalyzedWidths | undefined {
  const elements = axes.reduce((product, { length }) => product * length, 1);
  return layers.find((layer) => layer.node === node && layer.elements === elements);
}

/** What shares of groups come to; between shares that were measured by lines, from nothing at 0. */
class Shares {
  constructor(private readonly channels: ChannelCosts) {}

  /** Channels of a group that go. */
  gone(group: number, settings: AskedOfParts): number {
    const { channels = 0 } = this.channels.groups[group] ?? {};
    return Math.round(this.between(group, settings, ({ kept }) => channels - kept));
  }

  noise(group: number, settings: AskedOfParts): number {
    return this.between(group, settings, ({ outputSnrDb }) => noiseShare(outputSnrDb));
  }

  /** Bytes of a tensor beyond those that it has whole, in floats or at a width. */
  bytes({ axes, bits }: Tensor, settings: AskedOfParts, width: number | null): number {
    let [whole, left] = [1, 1];
    for (const { length, cuts } of axes) {
      whole *= length;
      left *= length - cuts.reduce((sum, { group, each }) => sum + each * this.gone(group, settings), 0);
    }
    return Math.ceil((left * (width ?? bits)) / 8) - Math.ceil((whole * bits) / 8);
  }

  private between(group: number, settings: AskedOfParts, figure: (cut: Cut) => number): number {
    const { producers = [], cuts = [] } = this.channels.groups[group] ?? {};
    const ratio = settings.ratioOf(producers);
    if (ratio <= 0) return 0;
    const known = cuts.toSorted((a, b) => a.ratio - b.ratio);
    const above = known.find((cut) => cut.ratio >= ratio - 1e-9) ?? known.at(-1);
    const below = known.findLast((cut) => cut.ratio < ratio - 1e-9);
    if (!above) return 0;
    const [from, low] = below ? [below.ratio, figure(below)] : [0, 0];
    const span = above.ratio - from;
    const share = span > 0 ? Math.min(1, (ratio - from) / span) : 1;
    return low + share * (figure(above) - low);
  }
}

type Cut = ChannelCosts['groups'][number]['cuts'][number];
