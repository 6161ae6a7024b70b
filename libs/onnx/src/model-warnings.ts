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
  const names =
    model.irVersion < DEFAULTS_IR_VERSION ? [] : proto.input.map(({ name }) => name).filter((name) => !fed.has(name));
  return names.length === 0
    ? []
    : [
        `${listed(names, 'input')} ${names.length === 1 ? 'has a value' : 'have values'} in the file: passes ` +
          `take ${names.length === 1 ? 'it' : 'them'} for constants, which nobody can feed afterwards`,
      ];
}

function unread(graph: Graph): string[] {
  const names = graph.inputs
    .map(({ name }) => name)
    .filter((name) => graph.consumers(name).length === 0 && !graph.isOutput(name));
  return names.length === 0 ? [] : [`no node reads ${listed(names, 'input')}`];
}

function ownOperators(graph: Graph): string[] {
  const names = [
    ...new Set(graph.nodes.filter(({ domain }) => domain === 'com.microsoft').map(({ opType }) => opType)),
  ].filter((opType) => opType !== 'MatMulNBits');
  return names.length === 0
    ? []
    : [
        `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ' and others' : ''}: operators of the ` +
          `runtime's own, which passes do not look into; give the model as it was before the runtime optimized it`,
      ];
}

function inTraining(graph: Graph): string[] {
  const names = graph.nodes
    .filter(
      (node) =>
        node.domain === '' && node.opType === 'BatchNormalization' && intAttribute(node, 'training_mode', 0) === 1,
    )
    .map((node) => node.name || node.output[0] || '');
  return names.length === 0
    ? []
    : [
        `exported in training mode: BatchNormalization ${names
          .slice(0, NAMED)
          .map((name) => `"${name}"`)
          .join(
            ', ',
          )}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''} normalizes by the batch at hand, so that a sample's answer depends on the others of its batch; export the model in evaluation mode`,
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
  return (
    `${what}${names.length === 1 ? '' : 's'} ` +
    `${shown}${names.length > NAMED ? ` and ${names.length - NAMED} more` : ''}`
  );
}
