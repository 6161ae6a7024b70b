import { GraphBuilder, makeValueInfo, DataType } from '#onnx';
import { namedParts, lostParts, withWarnings } from './lost-parts.js';

describe('what a pass takes from the interface of a model', () => {
  const before = { inputs: ['x', 'scale', 'a', 'b', 'c', 'd', 'e', 'f'], defaults: ['gain'], outputs: ['y', 'mask'] };

  it('is said by name', () => {
    expect(lostParts(before, { ...before, inputs: ['x', 'a', 'b', 'c', 'd', 'e', 'f'], outputs: ['y'] })).toEqual([
      'the result has no input "scale", which the model before it had',
      'the result has no output "mask", which the model before it had',
    ]);
    expect(lostParts(before, { ...before, inputs: ['x'], outputs: ['y', 'mask', 'more'] })).toEqual([
      'the result has no inputs "scale", "a", "b", "c", "d" and 2 more, which the model before it had',
    ]);
    expect(lostParts(before, { ...before, defaults: [] })).toEqual([
      'the default of input "gain" is a constant of the result, which nobody can feed',
    ]);
    expect(lostParts(before, { ...before, inputs: [...before.inputs, 'gain'], defaults: [] })).toEqual([]);
    expect(lostParts(before, before)).toEqual([]);
  });

  it('counts inputs with a default, but where all initializers had to be inputs', () => {
    const b = new GraphBuilder();
    b.float([1]);
    const model = b.build();
    model.graph!.input.push(makeValueInfo('v0_c', DataType.FLOAT, [1]));
    expect(namedParts(model)).toEqual({ inputs: [], defaults: ['v0_c'], outputs: [] });
    expect(namedParts({ ...model, irVersion: 3n })).toEqual({ inputs: [], defaults: [], outputs: [] });
  });

  it('stands beside the warnings of the pass', () => {
    expect(withWarnings({ loss: 1, warnings: ['slow'] }, ['gone'])).toEqual({ loss: 1, warnings: ['slow', 'gone'] });
    expect(withWarnings({ loss: 1 }, ['gone'])).toEqual({ loss: 1, warnings: ['gone'] });
    const summary = { loss: 1 };
    expect(withWarnings(summary, [])).toBe(summary);
  });
});
