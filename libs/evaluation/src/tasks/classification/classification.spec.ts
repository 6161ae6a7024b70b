import { float32 } from '#inference';
import { seededRandom } from '#numbers';
import { scored } from '../scored.fixture.js';

/**
 * 60 samples of 4 classes; the figures below are those of scikit-learn 1.8 and torchmetrics 1.8 for the same numbers.
 */
function randomScores() {
  const random = seededRandom(7);
  const labels = Array.from({ length: 60 }, () => Math.floor(random() * 4));
  const scores = labels.flatMap((label) => [0, 1, 2, 3].map((c) => random() * 2 + (c === label ? 1 : 0)));
  return { labels, scores };
}

const classified = (rows: number[][], labels: number[], classes = rows[0]?.length ?? 0) =>
  scored({
    task: 'classification',
    size: rows.length,
    labels,
    classes,
    models: [{ y: float32([rows.length, rows[0]?.length ?? 0], rows.flat()) }],
  });

describe('figures of a classifier', () => {
  it('are those of scikit-learn and torchmetrics', async () => {
    const { labels, scores } = randomScores();
    const y = float32([60, 4], scores);
    const { scores: figures, skipped } = await scored({
      task: 'classification',
      size: 60,
      labels,
      classes: 4,
      models: [{ y }],
    });
    expect(figures[0]).toMatchObject({
      top1: expect.closeTo(0.7833333333333333, 12),
      macroF1: expect.closeTo(0.7861990950226244, 12),
      auroc: expect.closeTo(0.9531690318035426, 6),
      calibrationError: expect.closeTo(0.28740888834, 5),
    });
    expect(skipped).toEqual([{ node: 'top5', reason: 'not measured: there are only 4 classes' }]);
  });

  it('have F1 as the harmonic mean of precision and recall, over the classes that occur', async () => {
    // Class 0: precision 2/3, recall 2/2; class 1: 1/1 and 1/2; class 2 is neither label nor answer.
    const rows = [[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]]; // prettier-ignore
    const { scores } = await classified(rows, [0, 0, 1, 1]);
    expect(scores[0]?.macroF1).toBeCloseTo((4 / 5 + 2 / 3) / 2, 12);
  });

  it('give probabilities as they are, and their distance from the share that is right', async () => {
    const rows = [[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.2, 0.8]]; // prettier-ignore
    const { scores } = await classified(rows, [0, 1, 0, 1]);
    // |1 - 1.8| + |1 - 0.6| + |1 - 0.8|, over four.
    expect(scores[0]?.calibrationError).toBeCloseTo(1.4 / 4, 6);
  });

  it('read one score of class 1 for two, as probability or logit', async () => {
    const labels = [0, 1, 1, 0];
    const probabilities = await classified([[0.2], [0.7], [0.4], [0.1]], labels, 2);
    const logits = await classified([[-2], [1], [-0.1], [-3]], labels, 2);
    expect(probabilities.scores[0]).toMatchObject({ top1: 0.75, auroc: 1 });
    expect(logits.scores[0]).toMatchObject({ top1: 0.75, auroc: 1 });
  });

  it('never count a constant or broken output as right for every class', async () => {
    const constant = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
    const each = constant.map((_, label) => label);
    expect((await classified(constant, each)).scores[0]).toMatchObject({ top1: 0.1, auroc: 0.5 });
    const { scores, skipped, details } = await classified([[NaN, NaN], [NaN, NaN], [0, 1]], [0, 1, 1]); // prettier-ignore
    expect(scores[0]).toMatchObject({ top1: 1 / 3, agreement: 1 / 3 });
    for (const metric of ['auroc', 'macroF1']) {
      expect(scores[0]).not.toHaveProperty(metric);
      expect(skipped).toContainEqual({ node: metric, reason: expect.stringContaining('not numbers') });
    }
    expect(details).toEqual([{ confusions: { unanswered: 2, matrix: [[0, 0], [0, 1]] } }]); // prettier-ignore
  });

  it('take scores for logits where those of any sample are none of probabilities, whatever the batch', async () => {
    // Of the first sample alone 0.4 might be a probability below a half.
    const logits = { y: float32([4, 1], [0.4, 3, -2, 0.1]) };
    const settings = { task: 'classification' as const, size: 4, labels: [1, 1, 0, 1], classes: 2, models: [logits] };
    for (const batchSize of [1, 4]) {
      const { scores } = await scored({ ...settings, batchSize });
      expect(scores[0]).toMatchObject({ top1: 1, auroc: 1, agreement: 1 });
    }
  });

  it('rank samples whose probabilities round to 1', async () => {
    const rows = [[0, 40], [0, 50], [0, 60], [0, 70]]; // prettier-ignore
    expect((await classified(rows, [0, 0, 1, 1])).scores[0]).toMatchObject({ auroc: 1, top1: 0.5 });
    expect((await classified(rows.map((row) => [...row, 5]), [0, 0, 1, 1], 3)).scores[0]?.auroc).toBe(1); // prettier-ignore
  });

  it('come with the matrix of what was taken for what', async () => {
    const rows = [[1, 0], [0, 1], [0, 1]]; // prettier-ignore
    const { details } = await classified(rows, [0, 0, 1]);
    expect(details).toEqual([{ confusions: { matrix: [[1, 1], [0, 1]] } }]); // prettier-ignore
  });
});

describe('two classifiers', () => {
  const rows = (answers: number[]) => float32([answers.length, 2], answers.flatMap((one) => (one ? [0, 1] : [1, 0]))); // prettier-ignore

  it('are compared sample by sample: interval, distance and its chance', async () => {
    const labels = new Array<number>(40).fill(0);
    const before = labels.map((_, i) => (i < 36 ? 0 : 1));
    const after = labels.map((_, i) => (i < 30 ? 0 : 1));
    const { scores } = await scored({
      task: 'classification',
      size: 40,
      labels,
      classes: 2,
      models: [{ y: rows(before) }, { y: rows(after) }],
      metrics: ['top1', 'agreement'],
    });
    expect(scores[0]?.intervals?.top1).toMatchObject({ method: 'wilson', samples: 40, confidence: 0.95 });
    expect(scores[0]?.intervals?.top1).not.toHaveProperty('change');
    expect(scores[1]?.intervals?.top1?.change).toMatchObject({
      difference: expect.closeTo(-6 / 40),
      pValue: expect.closeTo(2 / 2 ** 6),
      test: 'mcnemar',
    });
    expect(scores[1]).toMatchObject({ top1: 0.75, agreement: 34 / 40 });
  });

  it('that are equal have equal figures, and no difference', async () => {
    const { labels, scores: values } = randomScores();
    const y = float32([60, 4], values);
    const { scores } = await scored({
      task: 'classification',
      size: 60,
      labels,
      classes: 4,
      models: [{ y }, { y }],
    });
    const { intervals, ...same } = scores[1] ?? {};
    expect(scores[0]).toMatchObject(same);
    const changes = Object.values(intervals ?? {}).map((interval) => interval?.change);
    expect(changes.map((change) => [change?.difference, change?.pValue])).toEqual(changes.map(() => [0, 1]));
  });
});
