import { DEFAULT_ALPHA } from '#contracts';
import { unreadLabels } from './unread-labels.js';

const PLAIN = { method: 'discriminative', alpha: DEFAULT_ALPHA, labelSmoothing: 0 } as const;

describe('labels that a distillation does not read', () => {
  it.each([
    [{}, []],
    [{ alpha: 1 }, []],
    [{ alpha: 0.25 }, ['the data set has no labels with classes: alpha 0.25 is not heeded']],
    [{ labelSmoothing: 0.1 }, ['the data set has no labels with classes: labelSmoothing 0.1 is not heeded']],
    [
      { alpha: 0.25, labelSmoothing: 0.1 },
      ['the data set has no labels with classes: alpha 0.25 and labelSmoothing 0.1 is not heeded'],
    ],
  ])('are told where an option weighs labels that are not there: %j', (options, told) => {
    expect(unreadLabels({ ...PLAIN, ...options }, { classes: null })).toEqual(told);
    expect(unreadLabels({ ...PLAIN, ...options }, { classes: 10 })).toEqual([]);
    expect(unreadLabels({ ...PLAIN, ...options }, null)).toEqual([]);
  });

  it('are told by method hybrid where there are some', () => {
    const hybrid = { ...PLAIN, method: 'hybrid', alpha: 0.25 } as const;
    expect(unreadLabels(hybrid, { classes: 10 })).toEqual([expect.stringContaining('the labels of the data set')]);
    expect(unreadLabels(hybrid, { classes: null })).toEqual([]);
  });
});
