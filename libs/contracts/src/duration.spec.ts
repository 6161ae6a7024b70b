import { formatDuration } from './duration.js';

describe('a duration', () => {
  it.each([
    [0, '0.0 s'],
    [9.94, '9.9 s'],
    [9.96, '10 s'],
    [59.4, '59 s'],
    [75, '1 min 15 s'],
    [7260, '2 h 1 min'],
  ])('of %d seconds is shown in its two largest units: %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });

  it.each([
    [59.6, '1 min 0 s'],
    [119.6, '2 min 0 s'],
    [3599.7, '1 h 0 min'],
    [7199, '2 h 0 min'],
  ])('of %d seconds is rounded up to the next unit, never to 60 of one: %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
