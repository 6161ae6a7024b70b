import type { LayerReport, StoredTensor } from '../report.js';

/**
 * What cost most, in words: the layers that add most noise of their own and those whose output is noisiest, else the
 * weights that lost most. Says so where nothing of it was measured.
 */
export function costliestLayers(
  layers: readonly LayerReport[],
  tensors: readonly StoredTensor[] = [],
  count = 3,
): string {
  if (layers.length + tensors.length === 0) return 'nothing was stored in fewer bits';
  const own = worst(layers, 'aloneSnrDb', count);
  const noisy = worst(layers, 'outputSnrDb', count);
  const parts = [...(own ? [`most noise of their own: ${own}`] : []), ...(noisy ? [`noisiest outputs: ${noisy}`] : [])];
  const stored = [...layers, ...tensors.map(({ tensor, ...rest }) => ({ ...rest, node: tensor }))];
  const weights = worst(stored, 'weightSnrDb', count);
  if (parts.length === 0 && weights) parts.push(`weights that lost most: ${weights}`);
  const unknown = layers.filter(({ outputSnrDb }) => outputSnrDb === undefined).length;
  if (unknown === layers.length) parts.push('what layers give was not measured');
  else if (unknown > 0)
    parts.push(
      `${unknown} of ${layers.length} layers have no figure: they give only zeros, or values that are not finite`,
    );
  return parts.join('; ') || 'no layer lost anything';
}

type Figures = Pick<LayerReport, 'node' | 'bits' | 'aloneSnrDb' | 'outputSnrDb' | 'weightSnrDb'>;

function worst(
  layers: readonly Figures[],
  figure: 'aloneSnrDb' | 'outputSnrDb' | 'weightSnrDb',
  count: number,
): string | null {
  const measured = layers.flatMap(({ node, bits, [figure]: snrDb }) =>
    typeof snrDb === 'number' ? [{ node, bits, snrDb }] : [],
  );
  if (measured.length === 0) return null;
  const noisiest = measured.toSorted((a, b) => a.snrDb - b.snrDb).slice(0, count);
  return noisiest.map(({ node, bits, snrDb }) => `${node} (${bits} bits, ${snrDb.toFixed(1)} dB)`).join(', ');
}
