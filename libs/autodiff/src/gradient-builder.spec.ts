import { GraphBuilder } from '#onnx';
import { UnknownShapeError } from './errors.js';
import { GradientBuilder } from './gradient-builder.js';

it('a rule that asks for the shape of a value that was not observed is told which', () => {
  const g = new GradientBuilder(new GraphBuilder(), new Map([['known', [2, 3]]]), () => undefined);
  expect(g.dims('known')).toEqual([2, 3]);
  expect(() => g.dims('hidden/act')).toThrow(UnknownShapeError);
  expect(() => g.dims('hidden/act')).toThrow('hidden/act');
});
