import { DataType, Graph, GraphBuilder, makeNode, makeTensor, type ModelProto } from '#onnx';
import { missingGradients, reachedTargets } from './gradients.js';

/** x · w1, then what is given, then · w2. */
function between(write: (b: GraphBuilder, hidden: string) => string): ModelProto {
  const b = new GraphBuilder();
  const weight = (name: string) => b.initializer(makeTensor(name, DataType.FLOAT, [4, 4], new Float32Array(16)));
  const hidden = b.op('MatMul', [b.input('x', ['n', 4]), weight('w1')]);
  b.output(b.op('MatMul', [write(b, hidden), weight('w2')], {}, { outputs: ['y'] }));
  return b.build();
}

/** An If whose bodies read a value from outside. */
function branch(b: GraphBuilder, value: string): string {
  const body = (op: string) => {
    const inner = new GraphBuilder(op);
    inner.output(inner.op(op, [value]), undefined);
    return inner.build().graph!;
  };
  b.append(
    makeNode('If', [b.initializer(makeTensor('flag', DataType.BOOL, [], Uint8Array.of(1)))], ['either'], {
      then_branch: body('Relu'),
      else_branch: body('Neg'),
    }),
  );
  return 'either';
}

describe('what a gradient leads back to', () => {
  it('is a weight behind operators with a slope, not one behind a rounded value', () => {
    expect([...reachedTargets(new Graph(between((b, hidden) => b.op('Relu', [hidden]))), ['y'], ['w1', 'w2'])]).toEqual(
      ['w1', 'w2'],
    );
    expect([...reachedTargets(new Graph(between((b, hidden) => b.op('Sign', [hidden]))), ['y'], ['w1', 'w2'])]).toEqual(
      ['w2'],
    );
  });

  it('goes through the bodies of an If, which has no rule: a part of a gradient is none', () => {
    const graph = new Graph(between((b, hidden) => b.op('Add', [hidden, branch(b, hidden)])));
    expect(missingGradients(graph, ['y'], ['w1', 'w2']).map(({ opType }) => opType)).toEqual(['If']);
    expect(missingGradients(graph, ['y'], ['w2'])).toEqual([]);
  });
});

describe('a path without elements', () => {
  it('leads nowhere', () => {
    const graph = new Graph(between((b, hidden) => b.op('Relu', [hidden], {}, { outputs: ['nothing'] })));
    expect([...reachedTargets(graph, ['y'], ['w1', 'w2'], new Map([['nothing', [0, 4]]]))]).toEqual(['w2']);
  });
});
