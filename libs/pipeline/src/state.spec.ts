import type { StageState } from '#contracts';
import { jobState, nextStep } from './state.js';

describe('nextStep', () => {
  it.each<[StageState[], ReturnType<typeof nextStep>]>([
    [['waiting', 'waiting'], { kind: 'run', index: 0 }],
    [['succeeded', 'waiting'], { kind: 'run', index: 1 }],
    [['succeeded', 'running'], { kind: 'run', index: 1 }],
    [['succeeded', 'failed'], { kind: 'none' }],
    [['cancelled', 'cancelled'], { kind: 'none' }],
    [['succeeded', 'succeeded'], { kind: 'finish' }],
  ])('of a running job with stages %j is %j', (stages, step) => {
    expect(nextStep('running', stages)).toEqual(step);
  });

  it.each(['succeeded', 'failed', 'cancelled'] as const)('of a job that has %s is nothing', (state) => {
    expect(nextStep(state, ['waiting'])).toEqual({ kind: 'none' });
  });
});

describe('jobState', () => {
  it.each<[StageState[], string]>([
    [['waiting', 'waiting'], 'queued'],
    [['succeeded', 'waiting'], 'running'],
    [['succeeded', 'failed'], 'failed'],
    [['succeeded', 'cancelled'], 'cancelled'],
    [['succeeded'], 'succeeded'],
  ])('of %j is %s', (stages, state) => expect(jobState(stages)).toBe(state));
});
