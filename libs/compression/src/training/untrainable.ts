import { gradientsSizedByData, missingGradients, type NodeName } from '#autodiff';
import type { TrainerOptions } from '#contracts';
import {
  nodeLabel,
  Graph,
  constantTensor,
  nonFiniteScales,
  tensorToNumbers,
  type ModelProto,
  type NodeProto,
} from '#onnx';
import { UnknownLayerError } from '../errors.js';
import type { Obstacle } from '../pass.js';
import { augmentObstacles } from './batches/augment-obstacles.js';
import { storedName } from './form/shadow-name.js';
import { differentiableOutputs, outputNames, reachable } from './form/reachable.js';
import { copiedForm } from './form/copied-form.js';
import type { TrainingForm } from './form/trainable.js';

/** Weights that a message names at most. */
const NAMED = 6;

/**
 * Why a model cannot be trained, as far as the file tells: nodes without a gradient rule between a weight and an
 * output, or whose gradient wants sizes that the data decides, a Dropout that drops in every run, nothing to train, and
 * changes that its inputs cannot have.
 */
export function untrainable(model: ModelProto, options: TrainerOptions, field: string): Obstacle[] {
  const form = copiedForm(model, options);
  if (form.unknown.length > 0)
    return form.unknown.map(({ option, pattern, names }) => ({
      field: option,
      message: new UnknownLayerError(option, pattern, names).message,
    }));
  const found = [...inTheWay(form), ...dropping(form.graph), ...offGrid(model), ...nothing(form)];
  const problems = found.map((problem) => ({ field, message: `the model cannot be trained: ${problem}` }));
  return [...augmentObstacles(form.graph, options.augment), ...problems];
}

/** Grids whose scale is no number: every value on them becomes NaN once it is computed as training does. */
function offGrid(model: ModelProto): string[] {
  const scales = nonFiniteScales(new Graph(model));
  const [first] = scales;
  const more = new Set(scales.map(({ scale }) => scale)).size - 1;
  const others = more > 0 ? `, and ${more} more,` : '';
  if (!first) return [];
  return [
    `the scale "${first.scale}" of "${first.value}"${others} is not finite, as where ranges were measured over a mask ` +
      'of infinities. Quantize the model again from its floats',
  ];
}

/**
 * Nodes that no gradient passes, where they stand before every output: what the loss reads is known by a first step.
 */
function inTheWay(form: TrainingForm): string[] {
  const { graph, trainables } = form;
  const [outputs, weights] = [differentiableOutputs(form).outputs, trainables.map(({ name }) => name)];
  const sized = gradientsSizedByData(graph, outputs, weights).map(
    (node) =>
      `${node.opType} "${node.node}" takes sizes that depend on the data, and its gradient wants the same for every ` +
      'batch. Export the model with fixed sizes there',
  );
  const missing = missingGradients(graph, outputs, weights);
  if (missing.length === 0) return sized;
  const nodes = missing.map(({ node, opType }) => `"${node}" (${opType})`).join(', ');
  return [
    ...sized,
    `no gradient rule for ${nodes} between a weight and an output. ${freezing(form, missing)}` +
      'Train another model, or add a rule as docs/writing-a-gradient-rule.md shows',
  ];
}

/** The way out of leaving alone what lies before the nodes, where something else is left to train. */
function freezing({ graph, trainables }: TrainingForm, missing: readonly NodeName[]): string {
  const ends = missing.flatMap(({ node }) => outputsOf(graph, node));
  const isBefore = (name: string) => missingGradients(graph, ends, [name]).length > 0;
  const before = trainables.filter(({ name }) => isBefore(name));
  if (before.length === trainables.length || before.length > NAMED) return '';
  const names = JSON.stringify(before.map(({ name }) => storedName(name)));
  return `Set freeze to ${names}, the weights before ${missing.length > 1 ? 'them' : 'it'}, to train the others. `;
}

function outputsOf(graph: Graph, label: string): readonly string[] {
  return graph.nodes.find((node) => nodeLabel(node) === label)?.output ?? [];
}

/** Dropout that drops in every run, not in training alone. */
function dropping(graph: Graph): string[] {
  const drops = ({ input, output }: NodeProto) => input[2] && !isFalse(graph, input[2]) && !output[1];
  const found = graph.nodes.filter((node) => node.opType === 'Dropout' && drops(node));
  return found.map(
    (node) =>
      `Dropout "${nodeLabel(node)}" drops at random in every run, as exported in training mode. ` +
      'Export the model in evaluation mode',
  );
}

function isFalse(graph: Graph, value: string): boolean {
  const tensor = constantTensor(graph, value);
  return tensor !== undefined && tensorToNumbers(tensor)[0] === 0;
}

function nothing(form: TrainingForm): string[] {
  const outputs = outputNames(form.graph);
  if (outputs.length === 0) return ['none of its outputs is of float32. Export it with one that is'];
  if (reachable(form, outputs).length > 0) return [];
  const reasons = form.skipped.slice(0, NAMED).map(({ node, reason }) => `"${node}": ${reason}`);
  const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
  return [
    `there is nothing to train: no weight of float32 lies on a path to an output${why}. ` +
      'Export it with weights in float32',
  ];
}
