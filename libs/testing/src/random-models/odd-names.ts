import { subgraphs, type GraphProto, type ModelProto } from '#onnx';
import type { Dice } from './dice.js';

/** Endings of names that passes give to what they add. */
const INVENTED = [
  '_axes',
  '_shape',
  '_flat',
  '_rows',
  '_split',
  '_starts',
  '_ends',
  '_pads',
  '_min',
  '_max',
  '_k',
  '_value',
  '_folded',
  '_bias',
  '_product',
  '_Add',
  '_quantized',
  '_scale',
  '_zero_point',
  '_DynamicQuantizeLinear',
  '_dequantized',
  '_codebook',
  '_indices',
  '_Cast',
  '_float16',
  '_pruned',
  '_pooled',
  '_QuantizeLinear',
  '_DequantizeLinear',
  '/shape',
  '/dims',
  '/mean',
  '/inverse',
  '/scaled',
  '/cdf',
  '/rounded',
  '/clipped',
  '/grid',
  '/variance',
  '_1',
  '_2',
  '_Gelu',
  '_norm',
  '_smooth',
];

/** Names that passes' own graph builders give. */
const BUILDER_NAMES = ['v', 'shape:', 'g', 'q', 'c', 'n', 't', 'grad:', 'step:', 'i'];

type Style = (index: number, others: readonly string[], dice: Dice) => string;

const STYLES: Record<string, Style> = {
  exporter: (index) => `/block.${index}/Op_output_0`,
  'new exporter': (index, others, dice) =>
    dice.chance(0.3) && others.length > 0 ? `${dice.pick(others)}/shape` : `val_${index}`,
  invented: (index, others, dice) =>
    dice.chance(0.6) && others.length > 0 ? `${dice.pick(others)}${dice.pick(INVENTED)}` : `y${index}`,
  unicode: (index, _, dice) =>
    `${dice.pick(['значение ', '値', 'é:', '🙂', 'a b ', '"q" ', '%d\\', '<x>', '${'])}${index}`,
  builder: (index, _, dice) =>
    `${dice.pick(BUILDER_NAMES)}${Math.floor(index / 3)}${dice.pick(['', '_Op', '_c', '_i'])}`,
  long: (index) => `${'layer.'.repeat(30)}${index}`,
};

/** Gives every value and node of a model another name, of one style; the same to all who read it. Returns the style. */
export function renameAll(model: ModelProto, dice: Dice): string {
  const style = dice.pick(['plain', ...Object.keys(STYLES)]);
  const write = STYLES[style];
  if (!write) return style;
  const names = new Map<string, string>([['', '']]);
  const taken = new Set<string>();
  const renamed = (old: string) => {
    const known = names.get(old);
    if (known !== undefined) return known;
    let name = write(names.size, [...taken], dice);
    for (let i = 0; taken.has(name); i++) name = `${name}${i}`;
    names.set(old, name);
    taken.add(name);
    return name;
  };
  renameGraph(model.graph!, renamed, dice);
  return style;
}

function renameGraph(graph: GraphProto, renamed: (name: string) => string, dice: Dice): void {
  for (const value of [...graph.input, ...graph.output, ...graph.initializer]) value.name = renamed(value.name);
  for (const node of graph.node) {
    node.input = node.input.map(renamed);
    node.output = node.output.map(renamed);
    // A node and a value may have one name.
    if (dice.chance(0.6)) node.name = dice.chance(0.2) ? node.output[0]! : renamed(`node of ${node.output[0]}`);
    for (const body of subgraphs(node)) renameGraph(body, renamed, dice);
  }
}
