import { hostname } from 'node:os';
import { tellingInstructions } from '#contracts';
import { cpuQuota, describeHardware, readHardware, type Hardware } from './hardware.js';

const MACHINE: Hardware = { cpu: 'Xeon', cores: 8, quota: null, instructions: ['avx2'], platform: 'linux-x64' };

describe('the identity of a machine', () => {
  it('is that of its hardware: a new name, as that of every new pod, changes nothing', () => {
    expect(describeHardware(readHardware())).toBe(describeHardware(readHardware()));
    expect(describeHardware(readHardware()).split(/[ ,]+/)).not.toContain(hostname());
  });

  it.each<[string, Partial<Hardware>]>([
    ['another processor', { cpu: 'EPYC' }],
    ['fewer cores', { cores: 4 }],
    ['a limit on its share', { quota: 2.5 }],
    ['instructions that its host hides', { instructions: [] }],
    ['another platform', { platform: 'linux-arm64' }],
  ])('is another with %s', (_what, change) => {
    expect(describeHardware({ ...MACHINE, ...change })).not.toBe(describeHardware(MACHINE));
  });

  it('is the same with a limit that it cannot reach', () => {
    expect(describeHardware({ ...MACHINE, quota: 8 })).toBe(describeHardware(MACHINE));
  });

  it('reads what the system says', () => {
    expect([cpuQuota('250000 100000\n'), cpuQuota('max 100000\n'), cpuQuota('')]).toEqual([2.5, null, null]);
    expect(tellingInstructions('processor : 0\nflags\t\t: fpu avx avx2 avx512_vnni\nprocessor : 1\n')).toEqual([
      'avx',
      'avx2',
      'avx512_vnni',
    ]);
    expect(tellingInstructions('Features\t: fp asimddp\n')).toEqual(['asimddp']);
  });
});
