import { DataType, makeValueInfo, tensorDims, type ModelProto } from '#onnx';
import { blockFunction, branch, functionCalls, FUNCTION_DOMAIN } from './bodies.js';
import { Dice } from './dice.js';
import { flatten, writeOutputs } from './heads.js';
import { IMAGE_BLOCKS, type ImageBlock } from './image-blocks.js';
import { renameAll } from './odd-names.js';
import { RandomNet, type NetFeature } from './random-net.js';
import { unsqueeze } from './spelling.js';
import { TOKEN_BLOCKS } from './token-blocks.js';
import { VECTOR_BLOCKS } from './vector-blocks.js';

/** A model that a seed decides, and what it is made of. */
export interface RandomModel {
  model: ModelProto;
  traits: string[];
}

/** IR version that a file of an opset declares. */
const IR_VERSIONS: readonly [opset: number, irVersion: number][] = [
  [25, 13],
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
  [12, 7],
  [11, 6],
  [10, 5],
  [9, 4],
];

/** Opset from which models bring functions here, by their IR version. */
const FUNCTION_OPSET = 15;

type Table = Record<string, { fits?: (x: NetFeature) => boolean; write: ImageBlock }>;

/**
 * A small valid net of random blocks: images, tokens or vectors; inputs of several types; a free or a fixed batch;
 * shared, constant and computed weights; several outputs; bodies and functions; any opset from 9 to 25; names of all
 * kinds.
 */
export function randomModel(seed: number): RandomModel {
  const dice = new Dice(seed);
  const opset = dice.int(9, 25);
  const net = new RandomNet(dice, { opset, batch: dice.chance(0.65) ? null : dice.pick([1, 1, 2, 4]) });
  const traits = [`opset ${net.opset}`, `batch ${net.target.batch ?? 'free'}`];
  const inner: NetFeature[] = [];
  let x = writeInputs(net);
  traits.push(`${['', 'vector', 'tokens', 'image'][x.dims.length]} [${x.dims}]`);
  const apply = (table: Table, count: number) => {
    for (let i = 0; i < count; i++) {
      const fitting = Object.entries(table).filter(([, { fits }]) => fits?.(x) ?? true);
      const [name, { write }] = dice.pick(fitting);
      traits.push(name);
      x = write(net, x);
      inner.push(x);
    }
  };
  if (x.dims.length === 3) apply(withFunctions(IMAGE_BLOCKS, net), dice.int(1, 5));
  if (x.dims.length === 2) apply(withBranches(TOKEN_BLOCKS), dice.int(1, 4));
  x = flatten(net, x);
  apply(withBranches(VECTOR_BLOCKS), dice.int(0, 3));
  writeOutputs(net, x, inner);
  const model = finish(net);
  traits.push(`names ${renameAll(model, dice)}`);
  return { model, traits };
}

function withBranches(table: Table): Table {
  return { ...table, branch: { write: branch } };
}

function withFunctions(table: Table, { opset }: RandomNet): Table {
  return { ...withBranches(table), ...(opset >= FUNCTION_OPSET ? { functions: { write: functionCalls } } : {}) };
}

/** The inputs of a net, and what it begins with. */
function writeInputs(net: RandomNet): NetFeature {
  const { dice, builder } = net;
  const batch = net.target.batch ?? net.freeName;
  const kind = dice.pick(['image', 'image', 'image', 'pixels', 'tokens', 'ids', 'vector', 'two vectors']);
  switch (kind) {
    case 'image': {
      const dims = [dice.pick([1, 3, 4]), 8, 8];
      return { value: builder.input('x', [batch, ...dims]), dims };
    }
    case 'pixels': {
      const pixels = builder.input('x', [batch, 3, 8, 8], DataType.UINT8);
      const floats = net.op('Cast', [pixels], { to: DataType.FLOAT });
      return { value: net.op('Mul', [floats, net.scalar(1 / 255)]), dims: [3, 8, 8] };
    }
    case 'tokens':
      return { value: builder.input('x', [batch, 6, 8]), dims: [6, 8] };
    case 'ids': {
      const type = dice.pick([DataType.INT64, DataType.INT32]);
      const table = net.weight([16, 8], 4);
      const ids = builder.input('ids', [batch, 6], type);
      return masked(net, { value: net.op('Gather', [table, ids]), dims: [6, 8] });
    }
    case 'vector':
      return { value: builder.input('x', [batch, 12]), dims: [12] };
    default:
      const inputs = [builder.input('a', [batch, 6]), builder.input('b', [batch, 6])];
      return { value: net.op('Concat', inputs, { axis: 1 }), dims: [12] };
  }
}

/** Now and then tokens are multiplied by a mask of booleans. */
function masked(net: RandomNet, { value, dims }: NetFeature): NetFeature {
  if (net.dice.chance(0.5)) return { value, dims };
  const mask = net.builder.input('mask', [net.target.batch ?? net.freeName, dims[0]!], DataType.BOOL);
  const factor = unsqueeze(net, net.op('Cast', [mask], { to: DataType.FLOAT }), [2]);
  return { value: net.op('Mul', [value, factor]), dims };
}

function finish(net: RandomNet): ModelProto {
  const { opset, builder, dice } = net;
  const usesFunction = builder.nodes.some(({ domain }) => domain === FUNCTION_DOMAIN);
  const model = builder.build(opset, IR_VERSIONS.find(([from]) => opset >= from)![1]);
  if (usesFunction) model.functions.push(blockFunction(opset));
  // Older files list their weights among the inputs.
  if (opset < 13 && dice.chance(0.2))
    for (const tensor of model.graph!.initializer)
      model.graph!.input.push(makeValueInfo(tensor.name, tensor.dataType, tensorDims(tensor)));
  return model;
}
