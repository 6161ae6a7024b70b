import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchmarkResult, DeviceGate, GateVerdict, LatencyRatio, ModelTiming, RecipeStep } from '#contracts';
import { judgeGates } from '../gates.js';
import { parseRecipe } from '../recipe.js';
import type { AskedBenchmark } from './device-gates.js';

const faster: LatencyRatio = {
  ...{ ratio: 0.5, low: 0.45, high: 0.6, confidence: 0.95 },
  ...{ equalWithin: 0.02, verdict: 'faster', reason: null },
};
const timing: ModelTiming = {
  ...{ digest: 'first', label: 'baseline', coldLoadMs: 10, warmLoadMs: 5, firstRunMs: 4 },
  ...{ p50: 4, p90: 5, p95: 5, p99: 6, low: 3.9, high: 4.1, perSecond: 250, peakRssBytes: 12e6 },
  ...{ providers: { GpuExecutionProvider: 1 }, latencyRatio: null },
};
const last: ModelTiming = {
  ...{ ...timing, digest: 'last', label: '1 prune', p50: 2, p95: 3, low: 1.8, high: 2.2, latencyRatio: faster },
  providers: { GpuExecutionProvider: 0.9, CPUExecutionProvider: 0.1 },
};

function asked(name: string, model: Partial<ModelTiming> | null = {}, tags: string[] = []): AskedBenchmark {
  const models = [timing, { ...last, ...model }];
  return {
    ...{ stage: 1, asked: name, device: name, wantedName: name, askedTags: tags },
    state: model ? 'succeeded' : 'failed',
    error: model ? null : { code: 'benchmark_all_offline', message: 'no device took it within 60 min' },
    result: model ? ({ models } as BenchmarkResult) : null,
  };
}

function judged(gate: Partial<DeviceGate>, benchmarks: AskedBenchmark[] = [asked('pi')]): GateVerdict {
  const whole = { device: 'pi', metric: 'p50Ms', ...gate } as DeviceGate;
  const [verdict] = judgeGates([whole], null, {} as never, { devices: { modelDigest: 'last', benchmarks } });
  return verdict!;
}

describe('a gate over a figure of a device', () => {
  it.each<[string, Partial<DeviceGate>, boolean, string]>([
    ['holds below the limit', { max: 2.5 }, true, 'median latency on pi is 2 ms (95 % interval 1.8 ms..2.2 ms), as'],
    ['fails where all of the interval is above', { max: 1.7 }, false, 'not at most 1.7 ms: 0.3 ms too far'],
    ['does not fail on noise', { max: 1.9 }, true, 'but within noise, so the gate does not fail'],
    ['holds against the baseline', { maxRatio: 0.7 }, true, '0.50 times the baseline (95 % interval 0.45..0.60)'],
    ['fails against the baseline', { maxRatio: 0.4 }, false, 'not at most 0.4 times'],
    [
      'asks for a speed-up',
      { metric: 'speedup', min: 1.6 },
      true,
      'speed-up on pi is 2.00x (95 % interval 1.67x..2.22x)',
    ],
    ['fails a speed-up that is not there', { metric: 'speedup', min: 3 }, false, 'not at least 3.00x'],
    [
      'judges what has no interval as it is',
      { metric: 'p95Ms', maxRatio: 0.5 },
      false,
      'so that noise may have decided',
    ],
    ['reads memory', { metric: 'peakRssBytes', max: 10e6 }, false, '12.0 MB, not at most 10.0 MB'],
  ])('%s', (_what, gate, passed, words) => {
    const verdict = judged(gate);
    expect(verdict.passed).toBe(passed);
    expect(verdict.explanation).toContain(words);
  });

  it('fails where another execution provider ran a part, and says which', () => {
    const gate = { metric: 'providerShare', provider: 'GpuExecutionProvider' } as const;
    const verdict = judged(gate);
    expect(verdict).toMatchObject({ passed: false, value: 0.9, baseline: 1 });
    expect(verdict.explanation).toContain('CPUExecutionProvider ran 10 %');
    expect(judged({ ...gate, min: 0.9 })).toMatchObject({ passed: true });
    expect(judged({ ...gate, min: 0.9, provider: 'Missing' })).toMatchObject({ passed: false, value: 0 });
    const unprofiled = judged(gate, [asked('pi', { providers: null })]);
    expect(unprofiled).toMatchObject({ passed: false, value: null });
    expect(unprofiled.explanation).toContain('it sent no profile');
  });

  it('says why a speed-up is inconclusive', () => {
    const latencyRatio = { ...faster, verdict: 'inconclusive' as const, reason: 'noisy' };
    expect(judged({ metric: 'speedup', min: 1 }, [asked('pi', { latencyRatio })]).explanation).toMatch(
      /; inconclusive: noisy$/,
    );
  });

  it('of a tag is a gate on each device that was asked by it', () => {
    const both = [asked('pi', {}, ['arm']), asked('slow', { p50: 9, low: 8, high: 10 }, ['arm']), asked('other')];
    const verdict = judged({ device: { tag: 'arm' }, max: 3 }, both);
    expect(verdict).toMatchObject({ passed: false, value: 9 });
    expect(verdict.explanation).toMatch(/on pi is 2 ms.*on slow is 9 ms/);
    expect(verdict.explanation).not.toContain('other');
  });

  it('fails where the device has not measured, with the reason', () => {
    expect(judged({ max: 9 }, [asked('pi', null)]).explanation).toBe(
      'pi has not measured it: no device took it within 60 min',
    );
    expect(judged({ max: 9 }, [])).toMatchObject({ passed: false, explanation: 'no device was asked by pi' });
    expect(judged({ max: 9 }, [asked('pi', { digest: 'else' })]).explanation).toContain('not measured the last model');
  });
});

it('docs/devices.md shows recipes that are accepted', () => {
  const page = readFileSync(join(__dirname, '../../../../docs/devices.md'), 'utf8');
  const recipes = [...page.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, text = '']) => parseRecipe(text));
  expect(recipes.map(({ gates }) => gates.length)).toEqual([0, 3]);
});

describe('a recipe with gates over devices and figures of its own', () => {
  const steps = (devices: unknown, more: object = {}): RecipeStep[] => [
    { pass: 'prune', options: { ratio: 0.5 } },
    { pass: 'evaluate', options: { ...(devices ? { devices } : {}), ...more } },
  ];
  const read = (passes: unknown, gate: object) => parseRecipe({ passes, gates: [gate] });

  it('is read', () => {
    const passes = steps(['pi', { tag: 'arm', each: true }], { benchmark: { quick: true } });
    for (const device of ['pi', { tag: 'arm' }])
      expect(read(passes, { device, metric: 'p50Ms', max: 2 }).gates).toMatchObject([{ device, max: 2 }]);
    const custom = [{ name: 'margin', source: 'export default () => [1]' }];
    expect(read(steps(null, { custom }), { custom: 'margin', min: 1, confidence: 0.95 }).gates).toHaveLength(1);
  });

  it.each<[string, unknown, object, RegExp]>([
    ['nobody measures', steps(null), { device: 'pi', metric: 'p50Ms', max: 2 }, /device: no device measures/],
    [
      'another measures',
      steps(['a']),
      { device: 'pi', metric: 'p50Ms', max: 2 },
      /does not ask pi to measure: it asks a/,
    ],
    [
      'it comes too early',
      steps(['pi']).toReversed(),
      { device: 'pi', metric: 'p50Ms', max: 2 },
      /move evaluate behind/,
    ],
    [
      'the figure is none',
      steps(['pi']),
      { device: 'pi', metric: 'p50', max: 2 },
      /metric: "p50" is not.*mean "p50Ms"/,
    ],
    ['it has no bound', steps(['pi']), { device: 'pi', metric: 'p50Ms' }, /needs min, max or maxRatio/],
    [
      'it has a bound of another kind',
      steps(['pi']),
      { device: 'pi', metric: 'p50Ms', maxDrop: 1 },
      /no "maxDrop" here/,
    ],
    ['no provider is named', steps(['pi']), { device: 'pi', metric: 'providerShare' }, /provider: is missing/],
    [
      'it names a provider for nothing',
      steps(['pi']),
      { device: 'pi', metric: 'p50Ms', max: 1, provider: 'x' },
      /leave it/,
    ],
    ['a ratio of a ratio is asked', steps(['pi']), { device: 'pi', metric: 'speedup', maxRatio: 1 }, /give min/],
    [
      'nothing is profiled',
      steps(['pi'], { benchmark: { profile: false } }),
      { device: 'pi', metric: 'providerShare', provider: 'x' },
      /set profile: true/,
    ],
    ['the module is missing', steps(null), { custom: 'margin', min: 1 }, /give evaluate its module in custom/],
    ['the model has no such figure', steps(null), { metric: 'bites', max: 1 }, /did you mean "bytes"/],
  ])('is refused where %s', (_what, passes, gate, words) => {
    expect(() => read(passes, gate)).toThrow(words);
  });

  it('is refused where a step would have to wait for devices, or a loss is none', () => {
    const [prune, evaluate] = steps(['pi']);
    const late = [prune, { ...evaluate, gates: [{ device: 'pi', metric: 'p50Ms', max: 2 }] }];
    expect(() => parseRecipe({ passes: late })).toThrow(/no step waits for devices/);
    const custom = [{ name: 'margin', source: 'export default () => [1]', better: 'lower' }];
    expect(() => read(steps(null, { custom }), { custom: 'margin', maxDrop: 1 })).toThrow(/say maxRise/);
    expect(() => read(steps(null, { custom }), { custom: 'margni', max: 1 })).toThrow(/did you mean "margin"/);
    expect(() => read(steps(null, { custom }), { custom: 'margin', max: 1, confidence: 0.9 })).toThrow(
      /confidence 0.9/,
    );
  });
});

it('a figure of one’s own is judged as any other, and missing where it was not computed', () => {
  const gate = { custom: 'margin', min: 1, maxDrop: 0.1 };
  const of = (value: number) => ({ custom: { margin: { value } } }) as never;
  const [held] = judgeGates([gate], of(2), of(1.95));
  expect(held).toMatchObject({ passed: true, value: 1.95, baseline: 2 });
  expect(held?.explanation).toContain('margin is 1.95, as asked at least 1');
  expect(judgeGates([gate], of(2), {} as never)).toMatchObject([
    { passed: false, explanation: 'margin was not measured' },
  ]);
});
