import { int8DotProductIn } from './cpu.js';

describe('int8 dot products of a CPU', () => {
  it.each([
    ['flags\t\t: fpu vme avx512_vnni bmi2\n', true],
    ['processor\t: 0\nflags\t\t: fpu avx2\nbugs\t\t: avx_vnni\n', false],
    ['Features\t: fp asimd asimddp\n', true],
    ['Features\t: fp asimd\n', false],
    ['processor\t: 0\n', null],
  ])('are read off the flags that Linux lists: %j', (text, expected) => {
    expect(int8DotProductIn(text)).toBe(expected);
  });
});
