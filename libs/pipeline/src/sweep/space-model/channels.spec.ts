import type { ChannelCosts, SweepDocument } from '#contracts';
import { parseSweep } from '../parse-sweep.js';
import { planSweep } from '../sweep-plan.js';
import { SweepStudy } from '../sweep-study.js';
import type { SpaceMeasures } from './measures.js';
import { spaceModel } from './space-model.js';
import { covers, surveyOf } from './survey.js';

const RATIOS = [0.25, 0.5, 0.75];
const cuts = (snrs: number[]) => RATIOS.map((ratio, i) => ({ ratio, kept: 8 * (1 - ratio), outputSnrDb: snrs[i]! }));

/** x -> a (8 of 4) -> b (8 of 8) -> c (2 of 8): `a` may lose nearly anything, `b` nothing. */
const CHANNELS: ChannelCosts = {
  bytes: 1000,
  groups: [
    { producers: ['a'], channels: 8, cuts: cuts([60, 50, 40]) },
    { producers: ['b'], channels: 8, cuts: cuts([10, 5, 0]) },
  ],
  pairs: [{ first: 0, second: 1, ratio: 0.5, correlation: 1 }],
  tensors: [
    {
      node: 'a',
      bits: 32,
      axes: [
        { length: 8, cuts: [{ group: 0, each: 1 }] },
        { length: 4, cuts: [] },
      ],
    },
    {
      node: 'b',
      bits: 32,
      axes: [
        { length: 8, cuts: [{ group: 1, each: 1 }] },
        { length: 8, cuts: [{ group: 0, each: 1 }] },
      ],
    },
    {
      node: 'c',
      bits: 32,
      axes: [
        { length: 2, cuts: [] },
        { length: 8, cuts: [{ group: 1, each: 1 }] },
      ],
    },
  ],
  declared: [{ bytes: 20, groups: [0] }],
};
const layer = (node: string, elements: number) => ({ node, elements, widths: [{ bits: 8, outputSnrDb: 45 }] });
const MEASURES: SpaceMeasures = { layers: [], channels: CHANNELS, bytes: 1000 };

const sweep = (options: object, rest: Partial<SweepDocument> = {}, before: object[] = []) =>
  planSweep(
    parseSweep({
      passes: [...before, { pass: 'prune', options }, { pass: 'evaluate' }],
      objectives: [{ metric: 'bytes' }, { metric: 'outputSnrDb' }],
      limits: { trials: 6 },
      ...rest,
    }),
  );
const SHARE = { grid: [0, 0.25, 0.5, 0.75] };
const EACH = { ratio: 0.75, layerLimits: { a: SHARE, b: SHARE }, multipleOf: 1 };

describe('a model of shares of channels', () => {
  it('computes bytes: rows and columns multiply, and declarations go with what they declare', () => {
    const { foresee } = spaceModel(sweep(EACH), MEASURES)!;
    const bytes = (a: number, b: number) => foresee({ 'prune.layerLimits.a': a, 'prune.layerLimits.b': b }).bytes!;
    expect(bytes(0, 0)).toBe(1000);
    expect(bytes(0.5, 0)).toBe(1000 - 20 - 4 * (4 * 4 + 4 * 8));
    expect(bytes(0.5, 0.75)).toBe(1000 - 20 - 4 * (4 * 4 + (64 - 2 * 4) + 2 * 6));
  });

  it('adds up noise of groups alone, and what pairs were found to have together', () => {
    const { foresee } = spaceModel(sweep(EACH), MEASURES)!;
    const noise = (a: number, b: number) => foresee({ 'prune.layerLimits.a': a, 'prune.layerLimits.b': b }).noise;
    expect(noise(0.5, 0)).toBeCloseTo(1e-5, 9);
    expect(noise(0.5, 0.5)).toBeCloseTo(1e-5 + 10 ** -0.5 + Math.sqrt(1e-5 * 10 ** -0.5), 9);
  });

  it('asks first for what the integer program finds: the share of the layer that loses nothing', () => {
    const study = new SweepStudy(sweep(EACH, { sampler: 'model' }), MEASURES);
    const asked = [0, 1].map((number) => study.ask(number)!);
    expect(asked.every((assignment) => assignment['prune.layerLimits.a'] === 0.75)).toBe(true);
  });

  it('knows one share of all layers, a step that may be left out, and widths besides', () => {
    const quantize = { pass: 'quantize', optional: true, options: { weightBits: 8 } };
    const plan = sweep({ ratio: SHARE }, {}, [quantize]);
    const layers = [layer('a', 32), layer('b', 64), layer('c', 16)];
    const { parts, foresee } = spaceModel(plan, { ...MEASURES, layers })!;
    expect(parts.map(({ parameter }) => parameter.name)).toEqual(['quantize', 'prune.ratio']);
    expect(foresee({ quantize: true, 'prune.ratio': 0.5 }).bytes).toBe(1000 - 20 - 4 * 112 + (16 + 16 + 8));
    expect(foresee({ quantize: false, 'prune.ratio': 0 })).toEqual({ bytes: 1000, noise: 0 });
    expect(foresee({ quantize: true, 'prune.ratio': 0 }).noise).toBeCloseTo(3 * 10 ** -4.5, 9);
  });
});

describe('what is measured for such a model', () => {
  it('is every share and width that is searched, once, with channels chosen as prune will', () => {
    const quantize = { pass: 'quantize', options: { weightBits: { grid: [8, 4] }, layerBits: { c: 2 } } };
    const plan = sweep({ ...EACH, importance: { choice: ['l1', 'fisher'] } }, {}, [quantize]);
    expect(surveyOf(plan)).toMatchObject({
      widths: [2, 4, 8],
      activations: false,
      channels: { ratios: [0.25, 0.5, 0.75], importance: 'l1', multipleOf: 1 },
    });
  });

  it('is nothing where single weights go, a budget decides, or neither widths nor shares vary', () => {
    expect(surveyOf(sweep({ granularity: 'weight', ratio: SHARE }))).toBeNull();
    expect(surveyOf(sweep({ scope: 'global', ratio: SHARE }))).toBeNull();
    expect(surveyOf(sweep({ budget: { macs: { grid: [0.5, 0.7] } } }))).toBeNull();
    expect(surveyOf(sweep({ ratio: 0.5, importance: { choice: ['l1', 'l2'] } }))).toBeNull();
  });

  it('is found where an earlier analyze has it, by the same choice of channels', () => {
    const survey = surveyOf(sweep(EACH))!;
    const summary = { layers: [], channels: CHANNELS };
    expect(covers({ options: { ...survey }, summary }, survey)).toBe(true);
    const channels = { ...survey.channels!, importance: 'l1' };
    expect(covers({ options: { ...survey, channels }, summary }, survey)).toBe(false);
    const wider = surveyOf(sweep({ ...EACH, ratio: 0.9, layerLimits: { a: { grid: [0.1, 0.9] } } }))!;
    expect(covers({ options: { ...survey }, summary }, wider)).toBe(false);
    expect(covers({ options: {}, summary: { layers: [] } }, survey)).toBe(false);
  });
});
