import { create } from '@bufbuild/protobuf';
import {
  DataType,
  FunctionProtoSchema,
  GraphProtoSchema,
  OperatorSetIdProtoSchema,
  makeNode,
  makeTensor,
  makeValueInfo,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
} from '#onnx';
import { conv, type ImageBlock } from './image-blocks.js';
import type { RandomNet } from './random-net.js';

/** Domain of the functions that models bring themselves. */
export const FUNCTION_DOMAIN = 'pkg.mod';

/** An If whose bodies read values from outside; one of them holds a layer. */
export const branch: ImageBlock = (net, x) => {
  const isImage = x.dims.length === 3;
  const channels = isImage ? x.dims[0]! : x.dims.at(-1)!;
  const layered = layeredBody(net, x.value, channels, isImage);
  const plain = body([makeNode('Identity', [x.value], [net.builder.fresh('same')])]);
  const [thenBranch, elseBranch] = net.dice.chance(0.7) ? [layered, plain] : [plain, layered];
  const branches = { then_branch: thenBranch, else_branch: elseBranch };
  return { value: net.builder.op('If', [condition(net, x.value)], branches), dims: x.dims };
};

/** Constant, or true of every input. */
function condition(net: RandomNet, x: string): string {
  if (net.dice.chance(0.5)) {
    const name = net.builder.fresh('flag');
    return net.builder.initializer(makeTensor(name, DataType.BOOL, [], Uint8Array.of(net.dice.int(0, 1))));
  }
  const greatest = net.op('ReduceMax', [net.op('Tanh', [x])], { keepdims: 0 });
  return net.op('Less', [greatest, net.scalar(2)]);
}

function layeredBody(net: RandomNet, x: string, channels: number, isImage: boolean): GraphProto {
  const weight = net.weight(isImage ? [channels, channels, 1, 1] : [channels, channels], channels);
  return body([makeNode(isImage ? 'Conv' : 'MatMul', [x, weight], [net.builder.fresh('inner')])]);
}

function body(nodes: NodeProto[]): GraphProto {
  const last = nodes.at(-1)!.output[0]!;
  return create(GraphProtoSchema, { name: 'body', node: nodes, output: [makeValueInfo(last, DataType.FLOAT)] });
}

/** Conv and Relu twice, by a function of the model. */
export const functionCalls: ImageBlock = (net, x) => {
  const call = (value: string, from: number) => {
    const { builder } = net;
    const inputs = [value, net.weight([8, from, 3, 3], from * 9), net.bias(8)];
    return builder.op('Block', inputs, {}, { domain: FUNCTION_DOMAIN });
  };
  const first = call(x.value, x.dims[0]!);
  const dims = [8, ...x.dims.slice(1)];
  return { value: net.dice.chance(0.5) ? call(first, 8) : conv(net, { value: first, dims }, 8).value, dims };
};

/** The function that {@link functionCalls} calls. */
export function blockFunction(opset: number): FunctionProto {
  return create(FunctionProtoSchema, {
    name: 'Block',
    domain: FUNCTION_DOMAIN,
    input: ['x', 'w', 'b'],
    output: ['o'],
    node: [makeNode('Conv', ['x', 'w', 'b'], ['c'], { pads: [1, 1, 1, 1] }), makeNode('Relu', ['c'], ['o'])],
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opset) })],
  });
}
