import { Recipe } from '#contracts';
import { namesDevices, rangeForDevices, type RangeDevice } from './range-for-devices.js';

const device = (name: string, arch: string, isa: string[], kind: 'agent' | 'browser' = 'agent'): RangeDevice => ({
  name,
  tags: [arch],
  fingerprint: { kind, arch, isa },
});

const DEVICES = [
  device('server', 'x64', ['avx2', 'avx512_vnni']),
  device('old', 'x64', ['avx2']),
  device('pi', 'arm64', ['asimddp']),
  device('first-pi', 'arm64', []),
  device('page', 'x64', [], 'browser'),
];

const recipeOf = (devices: unknown, options: object = {}) =>
  Recipe.parse({
    passes: [
      { pass: 'quantize', options },
      { pass: 'evaluate', options: devices === null ? {} : { devices } },
    ],
  });

const rangeOf = (devices: unknown, options: object = {}) =>
  rangeForDevices(recipeOf(devices, options), DEVICES).passes[0]?.options['reduceRange'];

describe('the range of weights, by the devices that evaluate names', () => {
  it.each([
    [['server'], false],
    [['old'], true],
    [['server', 'old'], true],
    [['server', 'pi'], false],
    [['first-pi'], false],
    [[{ tag: 'x64', each: true }], true],
    [[{ tag: 'arm64', any: 1 }], false],
    [['page'], undefined],
    [['not-yet-enrolled'], undefined],
    [null, undefined],
  ])('%j: reduceRange %s', (devices, expected) => {
    expect(rangeOf(devices)).toBe(expected);
  });

  it('is left to who says it, and to schemes without it', () => {
    expect(rangeOf(['old'], { reduceRange: false })).toBe(false);
    expect(rangeOf(['old'], { scheme: 'weightOnly' })).toBeUndefined();
  });

  it('is asked of a recipe that names devices alone', () => {
    expect([namesDevices(recipeOf(['old'])), namesDevices(recipeOf(null))]).toEqual([true, false]);
  });
});
