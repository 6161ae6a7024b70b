import { EvaluateOptions } from './evaluate.js';
import { chosenTask, taskProblems } from './task-choice.js';

const problemsOf = (options: unknown) =>
  EvaluateOptions.safeParse(options).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('options of a task', () => {
  it('are refused where the task does not read them', () => {
    expect(problemsOf({ task: 'sequence', wakeWord: { seconds: 1 } })).toEqual([
      'wakeWord: these options are not read for the task sequence: leave them out',
    ]);
    expect(problemsOf({ sequence: {} })[0]).toContain('say task: sequence');
    expect(problemsOf({ task: 'detection', readOutput: 'y' })[0]).toContain('named in detection: boxes and scores');
  });

  it('are asked for where the task cannot do without', () => {
    expect(problemsOf({ task: 'wakeWord' })[0]).toContain('wakeWord: { seconds: 2 }');
    expect(problemsOf({ task: 'detection', detection: { head: 'ssd' } })[0]).toContain('needs priors');
    const priors = { input: [32, 32], strides: [8, 16], sizes: [[4]] };
    expect(problemsOf({ task: 'detection', detection: { head: 'ssd', priors } })[0]).toContain('one per stride');
    expect(problemsOf({ task: 'detection', detection: { priors } })[0]).toContain('only the head ssd reads priors');
    expect(problemsOf({ task: 'detection', detection: { softmax: true, sigmoid: true } })[0]).toContain('not both');
  });

  it('name each figure of their own once', () => {
    const custom = [
      { name: 'mine', source: 'x' },
      { name: 'mine', source: 'y' },
    ];
    expect(problemsOf({ custom })).toEqual(['custom.1.name: there is a metric "mine" already']);
  });

  it('hold metrics of that task alone, and none that is measured anyway', () => {
    expect(problemsOf({ task: 'embedding', metrics: ['eer', 'top1'] })[0]).toContain('top1 is a figure of the task');
    expect(problemsOf({ metrics: ['bytes'] })[0]).toContain('always measured');
    expect(problemsOf({ metrics: ['top1', 'agreement'] })).toEqual([]);
    expect(problemsOf({ task: 'embedding', metrics: ['agreement'] })[0]).toContain('leave agreement out');
  });
});

describe('the task', () => {
  it('is the one that is said, else the one that the labels tell of', () => {
    expect(chosenTask({}, { classes: 3 })).toBe('classification');
    expect(chosenTask({}, { classes: null, targets: [4] })).toBe('regression');
    expect(chosenTask({}, { classes: null, targets: [9, 5], boxes: true })).toBe('detection');
    expect(chosenTask({}, { classes: null })).toBeNull();
    expect(chosenTask({ task: 'anomaly' }, { classes: 2 })).toBe('anomaly');
  });

  it('is refused where the labels are not of its form, which is said', () => {
    expect(taskProblems({ task: 'detection' }, { classes: 3 })).toEqual([
      {
        field: 'task',
        message:
          'detection needs labels without classes in the manifest ([samples, objects, 5]: class number, then left, top, ' +
          'right and bottom; class -1 fills up, -2 - c is a crowd), and the labels of the data set are those of 3 classes',
      },
    ]);
    expect(taskProblems({ task: 'anomaly' }, { classes: null })[0]?.message).toContain('does not have');
    expect(taskProblems({ metrics: ['top1'] }, { classes: null, targets: [2, 3] })[0]?.message).toContain(
      'say which task is meant',
    );
    expect(taskProblems({ metrics: ['top1'] }, { classes: null })[0]?.message).toContain('top1 needs labels');
  });

  it('of embeddings can do without labels, but for figures that are of them', () => {
    expect(taskProblems({ task: 'embedding' }, { classes: null })).toEqual([]);
    expect(taskProblems({ task: 'embedding', metrics: ['eer'] }, { classes: null })).toHaveLength(1);
  });
});
