import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gate } from '#contracts';
import { gateProblems } from './gate-problems.js';
import { parseRecipe } from './recipe.js';

const numbers = { classes: null, targets: [1] };
const classes = { classes: 10 };
const evaluated = (options: Record<string, unknown> = {}) => [{ pass: 'evaluate', options }];

describe('docs/evaluation.md', () => {
  it('shows recipes that are accepted', () => {
    const page = readFileSync(join(__dirname, '../../../docs/evaluation.md'), 'utf8');
    const recipes = [...page.matchAll(/^```yaml\n([^]*?)^```/gm)].map(([, text = '']) => parseRecipe(text));
    expect(recipes).toHaveLength(4);
    expect(recipes[3]?.gates).toHaveLength(3);
  });
});

describe('gateProblems', () => {
  it('asks for labels only when gates are over figures that need them', () => {
    const recipe = { passes: evaluated(), gates: [{ metric: 'top1' as const, min: 0.9 }] };
    expect(gateProblems(recipe, { classes: null })[0]?.message).toContain('needs labels');
    expect(gateProblems(recipe, classes)).toEqual([]);
    expect(gateProblems({ ...recipe, gates: [{ metric: 'outputSnrDb', min: 20 }] }, { classes: null })).toEqual([]);
  });

  it('names the task of a figure where evaluate measures another, and what that has', () => {
    const gates = [{ metric: 'mae' as const, max: 1 }];
    expect(gateProblems({ passes: evaluated(), gates }, numbers)).toEqual([]);
    expect(gateProblems({ passes: evaluated({ task: 'segmentation' }), gates })[0]?.message).toBe(
      'mae is a figure of the task regression, and evaluate measures segmentation: set its task to regression, ' +
        'or choose one of miou, outputSnrDb',
    );
    const agreement = [{ metric: 'agreement' as const, min: 0.9 }];
    expect(gateProblems({ passes: evaluated(), gates: agreement }, numbers)[0]?.message).toContain('mae, rmse');
    expect(gateProblems({ passes: evaluated(), gates: agreement }, { classes: null })).toEqual([]);
    const eer = [{ metric: 'eer' as const, max: 0.1 }];
    expect(gateProblems({ passes: evaluated(), gates: eer }, classes)[0]?.message).toContain(
      'set its task to embedding',
    );
    expect(gateProblems({ passes: evaluated({ task: 'embedding' }), gates: eer }, classes)).toEqual([]);
  });

  it('heeds the metrics that evaluate is told', () => {
    const passes = evaluated({ metrics: ['top1'] });
    const problems = gateProblems({ passes, gates: [{ metric: 'macroF1', min: 0.5 }] }, classes);
    expect(problems[0]?.message).toBe('macroF1 is not among the metrics of evaluate: add it there');
    expect(gateProblems({ passes, gates: [{ metric: 'top1', min: 0.5 }] }, classes)).toEqual([]);
    expect(gateProblems({ passes, gates: [{ metric: 'outputSnrDb', min: 5 }] }, classes)).toEqual([]);
  });

  it('refuses top-5 of so few classes', () => {
    const recipe = { passes: evaluated(), gates: [{ metric: 'top5' as const, min: 0.9 }] };
    expect(gateProblems(recipe, { classes: 5 })[0]?.message).toContain('says nothing of 5 classes');
    expect(gateProblems(recipe, { classes: 6 })).toEqual([]);
  });

  it('refuses a bound that no loss would meet, and says the one that is meant', () => {
    const fields = (gate: Gate) =>
      gateProblems({ passes: evaluated(), gates: [gate] }, classes).map(({ field }) => field);
    expect(fields({ metric: 'bytes', maxDrop: 5 })).toEqual(['gates[0].maxDrop']);
    expect(fields({ metric: 'calibrationError', maxDrop: 0.1 })).toEqual(['gates[0].maxDrop']);
    expect(fields({ metric: 'top1', maxRise: 0.1 })).toEqual(['gates[0].maxRise']);
    expect(fields({ metric: 'calibrationError', maxRise: 0.1 })).toEqual([]);
  });

  it('asks for a confidence that evaluate measures, of a figure that has one', () => {
    const gate = { metric: 'top1' as const, maxDrop: 0.01, confidence: 0.9 };
    expect(gateProblems({ passes: evaluated(), gates: [gate] }, classes)).toEqual([
      {
        field: 'gates[0].confidence',
        message: 'evaluate measures intervals at 0.95: give its option confidence 0.9 as well',
      },
    ]);
    expect(gateProblems({ passes: evaluated({ confidence: 0.9 }), gates: [gate] }, classes)).toEqual([]);
    const of = (metric: Gate['metric']) =>
      gateProblems({ passes: evaluated(), gates: [{ metric, min: 1, confidence: 0.95 }] }, classes)[0]?.message;
    expect(of('bytes')).toContain('has no interval');
    expect(of('worstSnrDb')).toContain('has no interval');
    expect(of('latencyMsP50')).toContain('its own interval');
    expect(of('outputSnrDb')).toBeUndefined();
  });

  it('looks at the gates of steps: over the file anywhere, over quality where it is measured', () => {
    const gates = [
      { metric: 'top1' as const, min: 0.5 },
      { metric: 'bytes' as const, max: 5 },
    ];
    const passes = [{ pass: 'quantize', options: {}, gates }, ...evaluated().map((step) => ({ ...step, gates }))];
    expect(gateProblems({ passes, gates: [] }, classes)).toEqual([
      {
        field: 'passes[0].gates[0].metric',
        message: 'quantize does not measure top1: put the gate at an evaluate pass behind it',
      },
    ]);
  });
});
