import { DataType, Graph, GraphBuilder, makeTensor } from '#onnx';
import { namedTensors } from './named-tensors.js';

/** A layer over integers with their scale, and one over floats that a Transpose hands on. */
function graphOf(): Graph {
  const b = new GraphBuilder();
  const integers = b.initializer(makeTensor('integers', DataType.INT8, [2, 2], Int8Array.of(1, 2, 3, 4)));
  const scale = b.initializer(makeTensor('scale', DataType.FLOAT, [], Float32Array.of(0.5)));
  const floats = b.initializer(makeTensor('floats', DataType.FLOAT, [2, 2], Float32Array.of(1, 2, 3, 4)));
  const hidden = b.op('MatMul', [b.input('x', ['n', 2]), b.op('DequantizeLinear', [integers, scale])]);
  const turned = b.op('Transpose', [floats], { perm: [1, 0] });
  b.op('MatMul', [hidden, turned], {}, { outputs: [b.output('y', ['n', 2])] });
  const graph = new Graph(b.build());
  graph.nodes.filter(({ opType }) => opType === 'MatMul').forEach((node, i) => (node.name = `layer${i}`));
  return graph;
}

const meant = (...patterns: string[]) => [...namedTensors(graphOf(), patterns).tensors].sort();

describe('names of stored tensors', () => {
  it('mean the tensor, and integers their scale with them', () => {
    expect(meant('floats')).toEqual(['floats']);
    expect(meant('integers')).toEqual(['integers', 'scale']);
  });

  it('mean, of a node, all that it reads directly or through constants, and nothing that is computed', () => {
    expect(meant('layer0')).toEqual(['integers', 'scale']);
    expect(meant('layer1')).toEqual(['floats']);
    expect(meant('layer*')).toEqual(['floats', 'integers', 'scale']);
  });

  it('are told where they mean nothing, with what could have been named', () => {
    const { unknown, names } = namedTensors(graphOf(), ['floats', 'none']);
    expect(unknown).toEqual(['none']);
    expect(names).toEqual(expect.arrayContaining(['floats', 'layer0']));
    expect(namedTensors(graphOf(), []).tensors.size).toBe(0);
  });
});
