import { caption } from './caption.js';

it.each([
  ['floatUs', 'float, µs'],
  ['outputSnrDb', 'output SNR, dB'],
  ['int8DotProduct', 'int8 dot product'],
  ['scaleMin', 'scale min'],
  ['etaS', 'eta, s'],
  ['bytes', 'bytes'],
  ['peakMemoryMb', 'peak memory, MiB'],
  ['outputSnrDb at bits 4', 'output SNR, dB at bits 4'],
  ['/conv1/Conv', '/conv1/Conv'],
])('writes %s as %s', (name, words) => {
  expect(caption(name)).toBe(words);
});
