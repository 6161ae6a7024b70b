import type { LayerNode } from '#contracts';

/** A layer of a drawn model as tests make it up: 100 float weights, a tenth of them zeros, behind the layers of `from`. */
export const layerNode = (name: string, from: number[] = [], more: Partial<LayerNode> = {}): LayerNode => ({
  name,
  opType: 'MatMul',
  from,
  elements: 100,
  zeros: 10,
  bits: 32,
  inputBits: null,
  ...more,
});
