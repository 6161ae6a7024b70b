import { GraphBuilder } from './builder.js';
import { Graph, makeNode } from './graph.js';
import { DataType } from './proto.js';
import { isSameEveryRun } from './same-every-run.js';
import { makeTensor } from './tensor.js';

describe('what is the same in every run', () => {
  it('follows from the file alone: not from inputs, chance, or bodies that read either', () => {
    const b = new GraphBuilder();
    const [x, weight] = [b.input('x', [4]), b.float([1, 2, 3, 4])];
    const flag = b.initializer(makeTensor('flag', DataType.BOOL, [], Uint8Array.of(1)));
    const either = (name: string, value: string) => {
      const body = () => {
        const inner = new GraphBuilder(`${name}:`);
        inner.output(inner.op('Relu', [value]), undefined);
        return inner.build().graph!;
      };
      b.append(makeNode('If', [flag], [name], { then_branch: body(), else_branch: body() }));
      return name;
    };
    const same = [weight, b.op('Neg', [weight]), b.op('Constant', [], { value_int: 1 }), either('of weights', weight)];
    const other = [
      x,
      b.op('Add', [x, weight]),
      b.op('RandomNormal', [], { shape: [4] }),
      either('of data', x),
      'nowhere',
    ];
    const graph = new Graph(b.build());
    expect(same.map((value) => isSameEveryRun(graph, value))).toEqual([true, true, true, true]);
    expect(other.map((value) => isSameEveryRun(graph, value))).toEqual([false, false, false, false, false]);
  });
});
