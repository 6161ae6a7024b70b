import { canonicalJson } from './canonical-json.js';
import { PipelineError } from './errors.js';
import { planStages } from './plan.js';
import { stageKey, type StageInputs } from './stage-key.js';

const [prune, distill, evaluate] = planStages({
  passes: ['prune', 'distill', 'evaluate'].map((pass) => ({ pass, options: {} })),
});
/** A pass that reads the model alone; every real one may read data too. */
const modelOnly = {
  ...prune!,
  reads: { data: false, teacher: false, history: false, machine: false, kernels: false, memory: false, models: [] },
};
const base: Omit<StageInputs, 'stage'> = {
  input: 'i',
  baseline: 'b',
  history: ['b', 'i'],
  dataset: 'd',
  seed: 1,
  runtime: 'r',
};

describe('stageKey', () => {
  it('does not depend on the order in which options are written', () => {
    const [written] = planStages({ passes: [{ pass: 'prune', options: { scope: 'layer', ratio: 0.5 } }] });
    const [reordered] = planStages({ passes: [{ pass: 'prune', options: { ratio: 0.5, scope: 'layer' } }] });
    expect(stageKey({ ...base, stage: written! })).toBe(stageKey({ ...base, stage: reordered! }));
  });

  it('is the same for an option left out and its default written', () => {
    const [written] = planStages({ passes: [{ pass: 'prune', options: { ratio: 0.5 } }] });
    expect(stageKey({ ...base, stage: written! })).toBe(stageKey({ ...base, stage: prune! }));
  });

  it.each([
    ['the input', { input: 'x' }, [true, true, true]],
    ['the baseline', { baseline: 'x' }, [false, true, true]],
    ['the history', { history: ['x'] }, [false, false, true]],
    ['the data set', { dataset: 'x' }, [false, true, true]],
    ['the seed', { seed: 2 }, [true, true, true]],
    ['the runtime', { runtime: 'x' }, [true, true, true]],
  ])('changes with %s only for passes that read it', (_what, change, expected) => {
    const changed = [modelOnly, distill, evaluate].map(
      (stage) => stageKey({ ...base, stage: stage! }) !== stageKey({ ...base, ...change, stage: stage! }),
    );
    expect(changed).toEqual(expected);
  });

  it.each([
    ['a teacher of the store', { teacher: { model: 'a'.repeat(64) } }],
    ['one model of an ensemble', { teacher: { models: ['a'.repeat(64)] } }],
    ['a student of the store', { student: { model: 'a'.repeat(64) } }],
  ])('changes with %s', (_what, options) => {
    const keyOf = (text: string) =>
      stageKey({
        ...base,
        stage: planStages({ passes: [{ pass: 'distill', options: JSON.parse(text) as Record<string, unknown> }] })[0]!,
      });
    const text = JSON.stringify(options);
    expect(keyOf(text.replace('aaa', 'aab'))).not.toBe(keyOf(text));
  });

  it('does not depend on a data set or an original model that the options keep a pass from reading', () => {
    const [stage] = planStages({
      passes: [{ pass: 'distill', options: { method: 'generative', teacher: 'current', student: { width: 0.5 } } }],
    });
    expect(stageKey({ ...base, stage: stage!, dataset: 'x', baseline: 'x' })).toBe(
      stageKey({ ...base, stage: stage! }),
    );
  });

  it('changes with the version of the pass', () => {
    expect(stageKey({ ...base, stage: { ...prune!, version: 99 } })).not.toBe(stageKey({ ...base, stage: prune! }));
  });
});

describe('canonicalJson', () => {
  it('sorts keys at every depth and drops undefined members', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: undefined, A: 'x' })).toBe('{"A":"x","b":[{"c":null,"d":1}]}');
  });

  it('refuses numbers without a JSON form', () => {
    expect(() => canonicalJson({ a: Infinity })).toThrow(PipelineError);
  });
});
