import { fitsPattern } from './name-pattern.js';

describe('a name pattern', () => {
  it.each([
    ['conv1', 'conv1', true],
    ['conv1', 'conv10', false],
    ['conv*', 'conv', true],
    ['*', '', true],
    ['*.w', 'a.w', true],
    ['*.w', 'axw', false],
    ['a*b*c', 'a1b2c', true],
    ['a*b*c', 'a1c2b', false],
    ['a*ba', 'aba', true],
    ['ab*ba', 'aba', false],
    ['a**b', 'a\nb', true],
    ['/l.*/Mat*', '/l.0/MatMul', true],
    ['/l.*/Mat*', '/lx0/MatMul', false],
  ])('%j on %j is %s', (pattern, name, fits) => expect(fitsPattern(pattern, name)).toBe(fits));

  it('of many stars takes no longer than its parts', () => {
    expect(fitsPattern(`${'*a'.repeat(1000)}b`, 'a'.repeat(100_000))).toBe(false);
  });
});
