import { planStages, stageRuntime } from '#pipeline';
import { describeHardware, readHardware } from './hardware.js';
import { stageMachine } from './stage-machine.js';

const runtimeOf = (pass: string, options: Record<string, unknown>, concurrency = 1) =>
  stageRuntime(stageMachine({ stageThreads: 2, stageMemoryMb: 1024, concurrency }))(
    planStages({ passes: [{ pass, options }] })[0]!,
  );

describe('stageRuntime', () => {
  it.each([
    ['evaluate', {}],
    ['quantize', { mixed: { latency: 0.8 } }],
    ['quantize', { whereSlower: 'auto' }],
    ['quantize', { whereSlower: 'float', activationBits: 16 }],
    ['prune', { budget: { latency: 0.5 } }],
    ['prune', { budget: { latencyMs: 2 } }],
  ])(
    'names the hardware, and what shares it, for a pass whose result follows from its clock (%s %j)',
    (pass, options) => {
      const runtime = runtimeOf(pass, options).replace(/, (?:no )?int8 dot products/, '');
      expect(runtime.endsWith(`, 2 threads on ${describeHardware(readHardware())}`)).toBe(true);
      expect(runtimeOf(pass, options, 2)).not.toBe(runtimeOf(pass, options));
    },
  );

  it.each([
    ['quantize', { mixed: { bytes: 0.2 }, reduceRange: true }],
    ['quantize', { scheme: 'weightOnly' }],
    ['quantize', { reduceRange: true }],
    ['prune', { budget: { macs: 0.5 } }],
    ['prune', { ratio: 0.5 }],
  ])('lets every machine find the results of the others (%s %j)', (pass, options) => {
    expect(runtimeOf(pass, options)).toMatch(/, 2 threads$/);
  });

  it('tells machines apart by int8 dot products where the range of weights follows from them', () => {
    expect(runtimeOf('quantize', {})).toMatch(/, 2 threads, (?:no )?int8 dot products$/);
  });

  it.each([
    ['distill', { teacher: 'previous' }],
    ['train', {}],
    ['prune', { ratio: 0.5, schedule: 'iterative', recoverEpochs: 1 }],
  ])('names the memory ceiling for a pass that divides its batches by it (%s %j)', (pass, options) => {
    expect(runtimeOf(pass, options)).toMatch(/, 2 threads, 1024 MiB$/);
  });
});
