import type { QuantizeOptions } from '#contracts';
import type { ModelProto, NodeProto } from '#onnx';
import { foldableValues } from '../../rewrites/fold-constants.js';
import { leftAlone } from '../../left-alone.js';
import { planLayers, type Plan } from '../layers/plan.js';
import { prepare } from '../layers/prepare.js';
import { SCHEMES } from './schemes.js';

/** The plan of a model that {@link prepare} or {@link prepareFolded} made ready, in place. */
export function planPrepared(model: ModelProto, options: QuantizeOptions): Plan {
  return planLayers(model, options, SCHEMES[options.scheme].select);
}

/**
 * The plan of a model as it comes, in place and without running anything: weights that are computed from constants are
 * no layers' yet.
 */
export function planQuantization(model: ModelProto, options: QuantizeOptions): Plan {
  prepare(model, options);
  return planPrepared(model, options);
}

/**
 * The same for those who are told of it ahead: nodes whose weights a run computes from constants are not among those
 * left alone.
 */
export function foreseeQuantization(model: ModelProto, options: QuantizeOptions): Pick<Plan, 'graph' | 'skipped'> {
  const { graph, skipped } = planQuantization(model, options);
  const foldable = foldableValues(graph);
  const isFolded = ({ input }: NodeProto) => foldable.has(input[1] ?? '');
  const folded = graph.nodes.filter(isFolded).map((node) => leftAlone(node, '').node);
  return { graph, skipped: skipped.filter(({ node }) => !folded.includes(node)) };
}
