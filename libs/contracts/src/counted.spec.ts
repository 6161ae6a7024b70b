import { counted } from './counted.js';

it('counts one thing as one', () => {
  expect([0, 1, 2].map((count) => counted(count, 'node'))).toEqual(['0 nodes', '1 node', '2 nodes']);
  expect([1, 3].map((count) => counted(count, 'batch'))).toEqual(['1 batch', '3 batches']);
  expect(['box', 'pass', 'axis'].map((noun) => counted(2, noun, noun === 'axis' ? 'axes' : undefined))).toEqual([
    '2 boxes',
    '2 passes',
    '2 axes',
  ]);
});
