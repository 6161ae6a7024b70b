import { stageName } from './stage-name.js';

it('tells stages of one pass apart by their place, and leaves the others as they are called', () => {
  const stages = ['prune', 'distill', 'prune'].map((pass, index) => ({ index, pass }));
  expect(stages.map((stage) => stageName(stages, stage))).toEqual(['1. prune', 'distill', '3. prune']);
});
