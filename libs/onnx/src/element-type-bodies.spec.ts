import { GraphBuilder } from './builder.js';
import { elementTypeOf } from './element-type.js';
import { makeNode } from './graph.js';
import { DataType } from './proto.js';
import { makeTensor } from './tensor.js';

describe('the element type of what a body or a comparison gives', () => {
  it('is not that of a condition', () => {
    const b = new GraphBuilder();
    const x = b.input('x', ['n', 4], DataType.DOUBLE);
    const flag = b.initializer(makeTensor('flag', DataType.BOOL, [], Uint8Array.of(1)));
    const body = () => {
      const inner = new GraphBuilder(b.fresh('inner'));
      inner.output(inner.op('Relu', [x]), undefined, DataType.UNDEFINED);
      return inner.build().graph!;
    };
    b.append(makeNode('If', [flag], ['either'], { then_branch: body(), else_branch: body() }));
    const values = ['either', b.op('Less', [x, x]), b.op('Shape', [x]), b.op('Tanh', ['either'])];
    const { graph } = b.build();
    expect(values.map((value) => elementTypeOf([graph!], value))).toEqual([
      DataType.DOUBLE,
      DataType.BOOL,
      DataType.INT64,
      DataType.DOUBLE,
    ]);
  });
});
