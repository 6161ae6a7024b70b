import { ChannelCosts } from '#contracts';

/**
 * What analyze has measured of a layer: the signal to noise of the outputs at each width, dB; null without noise,
 * undefined where they are not finite.
 */
export interface AnalyzedWidths {
  node: string;
  elements: number;
  widths: readonly { bits: number; outputSnrDb?: number | null }[];
}

/** What was measured of a model once, for every sweep over it: layers at widths, and groups of channels at shares. */
export interface SpaceMeasures {
  layers: readonly AnalyzedWidths[];
  channels: ChannelCosts | null;
  /** Of the file that nothing was removed from; null where it is not known. */
  bytes: number | null;
}

export const NOTHING_MEASURED: SpaceMeasures = { layers: [], channels: null, bytes: null };

/**
 * What the summary of an analyze tells; of an earlier version's, as much as it has. `bytes` are those of
 * the input model.
 */
export function measuresOf(summary: Readonly<Record<string, unknown>>, bytes: number | null = null): SpaceMeasures {
  const { layers, channels } = summary;
  const known = ChannelCosts.safeParse(channels);
  return {
    layers: Array.isArray(layers) ? (layers as AnalyzedWidths[]) : [],
    channels: known.success ? known.data : null,
    bytes: known.success ? known.data.bytes : bytes,
  };
}

/** Outputs that are not finite are all noise. */
export function noiseShare(snrDb: number | null | undefined): number {
  if (snrDb === null) return 0;
  return snrDb === undefined ? 1 : 10 ** (-snrDb / 10);
}
