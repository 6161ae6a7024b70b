import { intAttribute } from './attributes.js';
import { Graph } from './graph.js';
import { nonFiniteScales, nonFiniteText, nonFiniteWeights } from './non-finite.js';
import type { ModelProto } from './proto.js';

/** Names that one warning lists. */
const NAMED = 5;

/** IR version from which on an input may have a default; before, every initializer had to be listed as an input. */
const DEFAULTS_IR_VERSION = 4n;

/**
 * What about a model that can be stored will surprise whoever works with it: weights that are no numbers, inputs whose
 * default passes take for a constant, inputs that nothing reads, operators that passes do not look into, and answers
 * that depend on the rest of the batch.
 */
export function modelWarnings(model: ModelProto): string[] {
  const graph = new Graph(model);
  return [
    ...nonFinite(model),
    ...defaults(graph),
    ...unread(graph),
    ...ownOperators(graph),
    ...inTraining(graph),
    ...scales(graph),
    ...withoutTensors(graph),
  ];
}

function nonFinite(model: ModelProto): string[] {
  const found = nonFiniteWeights(model);
  const more = found.length > NAMED ? [`${found.length - NAMED} more weights hold elements that are not finite`] : [];
  return [
    ...found
      .slice(0, NAMED)
      .map((weight) => `weight "${weight.tensor}" ${nonFiniteText(weight)}: passes refuse the model`),
    ...more,
  ];
}

function defaults({ model, proto, inputs }: Graph): string[] {
  const fed = new Set(inputs.map(({ name }) => name));
  const stored = proto.input.map(({ name }) => name).filter((name) => !fed.has(name));
  const names = model.irVersion < DEFAULTS_IR_VERSION ? [] : stored;
  if (names.length === 0) return [];
  const [have, them] = names.length === 1 ? ['has a value', 'it'] : ['have values', 'them'];
  return [
    `${listed(names, 'input')} ${have} in the file: passes ` +
      `take ${them} for constants, which nobody can feed afterwards`,
  ];
}

function unread(graph: Graph): string[] {
  const isUnread = (name: string) => graph.consumers(name).length === 0 && !graph.isOutput(name);
  const names = graph.inputs.map(({ name }) => name).filter(isUnread);
  return names.length === 0 ? [] : [`no node reads ${listed(names, 'input')}`];
}

function withoutTensors({ proto }: Graph): string[] {
  const names = proto.output
    .filter(({ type }) => !['tensorType', 'sparseTensorType', undefined].includes(type?.value.case))
    .map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    `${listed(names, 'output')} ${names.length === 1 ? 'is no tensor' : 'are no tensors'} but sequences or maps: ` +
      "passes leave such as they are and do not compare them; skl2onnx writes tensors with options={'zipmap': False}",
  ];
}

function ownOperators(graph: Graph): string[] {
  const names = [
    ...new Set(graph.nodes.filter(({ domain }) => domain === 'com.microsoft').map(({ opType }) => opType)),
  ].filter((opType) => opType !== 'MatMulNBits');
  if (names.length === 0) return [];
  const shown = `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ' and others' : ''}`;
  return [
    `${shown}: operators of the runtime's own, which passes do not look into; ` +
      'give the model as it was before the runtime optimized it',
  ];
}

function inTraining(graph: Graph): string[] {
  const names = graph.nodes
    .filter(
      (node) =>
        node.domain === '' && node.opType === 'BatchNormalization' && intAttribute(node, 'training_mode', 0) === 1,
    )
    .map((node) => node.name || node.output[0] || '');
  if (names.length === 0) return [];
  const shown = names.slice(0, NAMED).map((name) => `"${name}"`);
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return [
    `exported in training mode: BatchNormalization ${shown.join(', ')}${more} normalizes by the batch at hand, so that ` +
      "a sample's answer depends on the others of its batch; export the model in evaluation mode",
  ];
}

function scales(graph: Graph): string[] {
  const names = [...new Set(nonFiniteScales(graph).map(({ scale }) => scale))];
  return names.length === 0
    ? []
    : [
        `${listed(names, 'scale')} ${names.length === 1 ? 'is' : 'are'} not finite, as where ranges were ` +
          'measured over a mask of infinities: the model cannot be trained; quantize it again from its floats',
      ];
}

function listed(names: readonly string[], what: string): string {
  const shown = names
    .slice(0, NAMED)
    .map((name) => `"${name}"`)
    .join(', ');
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${what}${names.length === 1 ? '' : 's'} ${shown}${more}`;
}
