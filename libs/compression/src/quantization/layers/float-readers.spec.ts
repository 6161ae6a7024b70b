import { Graph, GraphBuilder } from '#onnx';
import { floatReader, storedBehind } from './float-readers.js';

/** W -> Transpose -> Cast -> MatMul, and W -> `also`, where it is asked for. */
function graphOf(also?: string): Graph {
  const b = new GraphBuilder();
  const w = b.float([1, 2, 3, 4], [2, 2]);
  const turned = b.op('Transpose', [w], { perm: [1, 0] });
  const cast = b.op('Cast', [turned], { to: 1 });
  b.op('MatMul', [b.input('x', ['n', 2]), cast], {}, { outputs: [b.output('y', ['n', 2])] });
  if (also) b.op(also, [w], {}, { outputs: [b.output('z', [2, 2])] });
  return new Graph(b.build());
}

const stored = (graph: Graph) => graph.proto.initializer[0]!.name;
const isMatMul = ({ node }: { node: { opType: string } }) => node.opType === 'MatMul';

describe('readers of a stored tensor', () => {
  it('keep it in floats where one of them takes no integers, behind whatever hands it on', () => {
    const graph = graphOf();
    expect(floatReader(graph, stored(graph), isMatMul)).toBeNull();
    expect(floatReader(graph, stored(graph), () => false)).toMatch(/^MatMul "/);
    const shared = graphOf('Neg');
    expect(floatReader(shared, stored(shared), isMatMul)).toMatch(/^Neg "/);
  });

  it('are outputs too', () => {
    const graph = graphOf('Identity');
    expect(floatReader(graph, stored(graph), isMatMul)).toBe('output "z"');
  });

  it('lead back to it, through the nodes that hand it on', () => {
    const graph = graphOf();
    const { stored: found, carriers } = storedBehind(graph, graph.nodes.at(-1)!.input[1]!);
    expect([found, carriers.map(({ opType }) => opType)]).toEqual([stored(graph), ['Cast', 'Transpose']]);
  });
});
