import { DetectionOptions } from '#contracts';
import { float32, type HostTensors } from '#inference';
import { seededRandom } from '#numbers';
import { scored } from '../scored.fixture.js';
import { intersectionOverUnion } from './box.js';
import { priorsOf } from './ssd-head.js';
import { suppress } from './suppress.js';

type Row = [left: number, top: number, right: number, bottom: number, score: number, label: number];

/** Twelve images with boxes, moved, missed, mistaken and invented; torchmetrics' figures for the same numbers. */
function randomImages(): { truths: number[][]; found: Row[] }[] {
  const random = seededRandom(17);
  return Array.from({ length: 12 }, () => {
    const truths = Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
      const [x, y, w, h] = [random() * 80, random() * 80, 8 + random() * 30, 8 + random() * 30];
      return [Math.floor(random() * 2), x, y, x + w, y + h];
    });
    const found: Row[] = [];
    for (const [label = 0, ...box] of truths) {
      if (random() >= 0.85) continue;
      const moved = box.map((edge) => edge + (random() - 0.5) * 10);
      const own = random() < 0.9 ? label : 1 - label;
      found.push([...moved, 0.3 + 0.7 * random(), own] as Row);
    }
    for (let more = Math.floor(random() * 3); more > 0; more--) {
      const [x, y] = [random() * 80, random() * 80];
      const label = Math.floor(random() * 2);
      found.push([x, y, x + 20, y + 20, random() * 0.8, label]);
    }
    return { truths, found };
  });
}

const filled = (rows: readonly (readonly number[])[], count: number, empty: readonly number[]) =>
  Array.from({ length: count }, (_, i) => rows[i] ?? empty).flat();

const detected = (outputs: HostTensors, truths: number[][][], options: Partial<DetectionOptions>) => {
  const objects = Math.max(...truths.map((rows) => rows.length));
  return scored({
    task: 'detection',
    size: truths.length,
    targets: { values: truths.flatMap((rows) => filled(rows, objects, [-1, 0, 0, 0, 0])), dims: [objects, 5] },
    models: [outputs],
    options: { detection: DetectionOptions.parse(options) },
  });
};

describe('mean average precision', () => {
  it('is that of the COCO evaluation', async () => {
    const images = randomImages();
    const rows = images.flatMap(({ found }) => filled(found, 8, [0, 0, 0, 0, 0, 0]));
    const { scores } = await detected(
      { y: float32([12, 8, 6], rows) },
      images.map(({ truths }) => truths),
      { head: 'rows', nmsIou: 1, scoreThreshold: 1e-6 },
    );
    expect(scores[0]?.map50).toBeCloseTo(0.4898836314678192, 5);
    expect(scores[0]?.map).toBeCloseTo(0.1622438132762909, 5);
    expect(scores[0]?.intervals?.map50).toMatchObject({ method: 'bootstrap', samples: 12 });
  });

  it('counts what is found in a crowd neither as right nor as wrong', async () => {
    const found = [[60, 60, 70, 70, 0.95, 0], [10, 10, 20, 20, 0.9, 0], [30, 30, 40, 40, 0.2, 0]]; // prettier-ignore
    const crowd = [-2, 50, 50, 90, 90];
    const y = { y: float32([1, 3, 6], found.flat()) };
    const apart = await detected(y, [[[0, 10, 10, 20, 20], crowd]], { head: 'rows', nmsIou: 1 });
    const without = await detected(y, [[[0, 10, 10, 20, 20]]], { head: 'rows', nmsIou: 1 });
    expect([apart.scores[0]?.map, without.scores[0]?.map]).toEqual([1, 0.5]);
    const alone = await detected(y, [[crowd]], { head: 'rows', nmsIou: 1 });
    expect(alone.skipped).toContainEqual({ node: 'map', reason: 'not measured: the labels name no object' });
  });

  it('counts an object once, however often it is found', async () => {
    const twice = [[10, 10, 20, 20, 0.9, 0], [10, 10, 20, 20, 0.8, 0]]; // prettier-ignore
    const truths = [[[0, 10, 10, 20, 20], [0, 50, 50, 60, 60]]]; // prettier-ignore
    const { scores } = await detected({ y: float32([1, 2, 6], twice.flat()) }, truths, { head: 'rows', nmsIou: 1 });
    // Precision 1 up to a recall of one half: 51 of 101 points.
    expect(scores[0]?.map50).toBeCloseTo(51 / 101, 12);
  });
});

describe('heads', () => {
  const truths = [[[1, 10, 20, 30, 40]], [[0, 0, 0, 8, 8]]];
  const perfect = { map50: 1, map: 1 };

  it('of YOLOv8 hold a column a box: centre, size, scores', async () => {
    // Two images of seven boxes, six of them empty.
    const columns = (box: number[]) => box.flatMap((value) => [0, 0, value, 0, 0, 0, 0]);
    const values = [...columns([20, 30, 20, 20, 0, 0.9]), ...columns([4, 4, 8, 8, 0.8, 0])];
    const { scores, scoreOutput } = await detected({ y: float32([2, 6, 7], values) }, truths, { head: 'yolov8' });
    expect(scores[0]).toMatchObject(perfect);
    expect(scoreOutput).toBe('y');
  });

  it('of YOLOv5 hold a row a box, scores times objectness', async () => {
    const values = [
      20, 30, 20, 20, 0.9, 0.1, 0.9, 1, 1, 1, 1, 0, 1, 1, 4, 4, 8, 8, 0.9, 0.9, 0.005, 1, 1, 1, 1, 0, 1, 1,
    ];
    const { scores } = await detected({ y: float32([2, 2, 7], values) }, truths, {
      head: 'yolov5',
      scoreThreshold: 0.1,
    });
    expect(scores[0]).toMatchObject(perfect);
  });

  it('of decoded boxes hold corners beside scores, with the background as first column', async () => {
    const outputs = {
      scores: float32([2, 1, 3], [0, 0, 0.9, 0, 0.9, 0]),
      boxes: float32([2, 1, 4], [5, 10, 15, 20, 0, 0, 4, 4]),
    };
    const { scores } = await detected(outputs, truths, { head: 'boxes', background: true, scale: [2, 2] });
    expect(scores[0]).toMatchObject(perfect);
  });

  it('of decoded boxes of one image may lack the axis of the batch, and have class numbers apart', async () => {
    const outputs = {
      boxes: float32([2, 4], [10, 20, 30, 40, 0, 0, 1, 1]),
      scores: float32([2], [0.9, 0.001]),
      labels: float32([2], [2, 2]),
    };
    const { scores } = await detected(outputs, truths.slice(0, 1), {
      head: 'boxes',
      classes: 'labels',
      background: true,
    });
    expect(scores[0]).toMatchObject(perfect);
  });

  it('of SSD shift priors', async () => {
    const priors = { input: [32, 48], strides: [16], sizes: [[20]], ratios: [1], variances: [0.1, 0.2] };
    const grid = priorsOf(DetectionOptions.parse({ head: 'ssd', priors }).priors as never);
    expect(grid).toHaveLength(6);
    expect(grid[1]).toEqual([24, 8, 20, 20]);
    // The second prior moves by (-4, 22) of its size and keeps it: 20, 30.
    const shifts = new Array<number>(24).fill(0);
    shifts.splice(4, 4, -4 / (0.1 * 20), 22 / (0.1 * 20), 0, 0);
    const logits = Array.from({ length: 6 }, (_, p) => (p === 1 ? [0, 0, 9] : [9, 0, 0])).flat();
    const outputs = { loc: float32([1, 6, 4], shifts), conf: float32([1, 6, 3], logits) };
    const { scores } = await detected(outputs, truths.slice(0, 1), {
      ...DetectionOptions.parse({ head: 'ssd', priors }),
      background: true,
      softmax: true,
    });
    expect(scores[0]).toMatchObject(perfect);
  });

  it('of SSD have the priors of published nets, in their order', () => {
    const priorsFor = (priors: object) => priorsOf(DetectionOptions.parse({ head: 'ssd', priors }).priors as never);
    // SSD300: 38, 19, 10, 5, 3 and 1 cells; torchvision's DefaultBoxGenerator has 8732, [4, 4, 30, 30] the first.
    const [steps, least, most] = [[8, 16, 32, 64, 100, 300], [30, 60, 111, 162, 213, 264], [60, 111, 162, 213, 264, 315]]; // prettier-ignore
    const shapes = (edge: number, next: number, ratios: number[]) => [
      [edge, edge],
      [Math.sqrt(edge * next), Math.sqrt(edge * next)],
      ...ratios.flatMap((ratio) => {
        const root = Math.sqrt(ratio);
        return [[edge * root, edge / root], [edge / root, edge * root]]; // prettier-ignore
      }),
    ];
    const sizes = least.map((edge, s) => shapes(edge, most[s]!, s === 0 || s > 3 ? [2] : [2, 3]));
    const published = priorsFor({ input: [300, 300], strides: steps, sizes });
    expect([published.length, published[0]]).toEqual([8732, [4, 4, 30, 30]]);
    expect(published[2]).toEqual([4, 4, expect.closeTo(42.4264, 4), expect.closeTo(21.2132, 4)]);
    // A grid of 19 cells over 300 pixels, as TensorFlow's SSD MobileNet has it, its stride written with four digits.
    expect(priorsFor({ input: [300, 300], strides: [15.789], sizes: [[60]] })).toHaveLength(19 * 19);
  });

  it('of SSD may change sizes linearly, as BlazeFace does: all in pixels of the image', async () => {
    const priors = {
      input: [128, 128],
      strides: [64],
      sizes: [[128]],
      variances: [1 / 128, 1 / 128],
      change: 'linear',
    };
    // The first of four cells, centred at 32, 32, moves to 20, 30 and is 20 wide and high.
    const shifts = [-12, -2, 20, 20, ...new Array<number>(12).fill(1)];
    const outputs = { loc: float32([1, 4, 4], shifts), conf: float32([1, 4, 1], [5, -9, -9, -9]) };
    const options = { ...DetectionOptions.parse({ head: 'ssd', priors }), sigmoid: true };
    const { scores } = await detected(outputs, [[[0, 10, 20, 30, 40]]], options);
    expect(scores[0]).toMatchObject(perfect);
  });

  it('of maps have a box about each region, grown by its area over its perimeter', async () => {
    const plane = new Float32Array(20 * 30);
    for (let y = 6; y < 10; y++) for (let x = 4; x < 16; x++) plane[30 * y + x] = 0.8;
    plane[30 * 19 + 29] = 0.9;
    // 12 by 4 pixels grow by 48 / 32 on each side; the speck is none.
    const { scores } = await detected({ y: float32([1, 1, 20, 30], plane) }, [[[0, 2.5, 4.5, 17.5, 11.5]]], {
      head: 'map',
      regions: { threshold: 0.5, grow: 1 },
    });
    expect(scores[0]).toMatchObject(perfect);
  });

  it('of decoded boxes are read in each form of boxes', async () => {
    const forms = {
      corners: [10, 20, 30, 40],
      centre: [20, 30, 20, 20],
      yxyx: [20, 10, 40, 30],
      xywh: [10, 20, 20, 20],
    } as const;
    for (const [form, box] of Object.entries(forms)) {
      const outputs = { boxes: float32([1, 1, 4], [...box]), scores: float32([1, 1, 2], [0, 0.9]) };
      const { scores } = await detected(outputs, truths.slice(0, 1), { form: form as keyof typeof forms });
      expect({ form, ...scores[0] }).toMatchObject({ form, ...perfect });
    }
  });

  it('may have the background last, and logits of each class: those of no object take no room', async () => {
    const nothing = Array.from({ length: 5 }, () => [-9, -9, 9]);
    const outputs = {
      boxes: float32([1, 6, 4], [...nothing.flatMap(() => [0, 0, 1, 1]), 10, 20, 30, 40]),
      scores: float32([1, 6, 3], [...nothing, [-9, 2, -9]].flat()),
    };
    const settings = { background: 'last', maxDetections: 1, nmsIou: 1 } as const;
    for (const how of [{ softmax: true }, { sigmoid: true }]) {
      const { scores } = await detected(outputs, truths.slice(0, 1), { ...settings, ...how });
      expect(scores[0]).toMatchObject(perfect);
    }
    const { skipped } = await detected(outputs, truths.slice(0, 1), settings);
    expect(skipped).toContainEqual({ node: 'map', reason: expect.stringContaining('{ softmax } or { sigmoid }') });
  });

  it.each<[string, HostTensors, Partial<DetectionOptions>]>([
    ['scores', { boxes: float32([1, 1, 4], [1, 2, 3, 4]), scores: float32([1, 1, 2], [0, NaN]) }, {}],
    ['logits', { boxes: float32([1, 1, 4], [1, 2, 3, 4]), scores: float32([1, 1, 2], [0, NaN]) }, { softmax: true }],
    ['corners', { boxes: float32([1, 1, 4], [1, NaN, 3, 4]), scores: float32([1, 1, 2], [0, 0.9]) }, {}],
    [
      'classes apart',
      { boxes: float32([1, 1, 4], [1, 2, 3, 4]), scores: float32([1, 1], [0.9]), labels: float32([1, 1], [NaN]) },
      { classes: 'labels' },
    ],
    ['scores of YOLOv8', { y: float32([1, 5, 6], new Float32Array(30).fill(NaN)) }, { head: 'yolov8' }],
    ['objectness of YOLOv5', { y: float32([1, 1, 6], [1, 1, 1, 1, NaN, 1]) }, { head: 'yolov5' }],
    ['rows', { y: float32([1, 1, 6], [1, 2, 3, 4, NaN, 0]) }, { head: 'rows' }],
    ['pixels of a map', { y: float32([1, 1, 4, 4], new Float32Array(16).fill(NaN)) }, { head: 'map' }],
  ])('whose %s are not numbers have no figure, which is said', async (_name, outputs, options) => {
    const { scores, skipped } = await detected(outputs, truths.slice(0, 1), options);
    expect(scores[0]).not.toHaveProperty('map');
    const reason = 'not measured: scores or corners of some boxes are not numbers';
    expect(skipped).toContainEqual({ node: 'map', reason });
  });

  it('leave boxes alone that score too low, whatever their corners', async () => {
    const outputs = {
      boxes: float32([1, 2, 4], [10, 20, 30, 40, NaN, NaN, NaN, NaN]),
      scores: float32([1, 2, 2], [0, 0.9, 0, 0]),
    };
    expect((await detected(outputs, truths.slice(0, 1), {})).scores[0]).toMatchObject(perfect);
  });

  it('that are not there are told with what the model has', async () => {
    const wrong = detected({ y: float32([2, 3], [1, 1, 1, 1, 1, 1]) }, truths, { head: 'yolov8' });
    await expect(wrong).rejects.toThrow(/expected \[2, 4 \+ classes, boxes\].*got "y" \[2, 3\]/);
    const labels = scored({
      task: 'detection',
      size: 1,
      targets: { values: [1, 2, 3, 4], dims: [1, 4] },
      models: [{ y: float32([1, 6, 7], new Float32Array(42)) }],
      options: { detection: DetectionOptions.parse({ head: 'yolov8' }) },
    });
    await expect(labels).rejects.toMatchObject({ code: 'task_labels' });
  });
});

describe('suppression', () => {
  it('keeps the best of boxes of a class that overlap', () => {
    const box = (left: number, score: number, number = 0) => ({
      box: [left, 0, left + 10, 10] as const,
      score,
      class: number,
    });
    const kept = suppress([box(1, 0.8), box(0, 0.9), box(8, 0.7), box(0, 0.6, 1)], 0.5, 10);
    expect(kept.map(({ score }) => score)).toEqual([0.9, 0.7, 0.6]);
    expect(intersectionOverUnion([0, 0, 10, 10], [5, 0, 15, 10])).toBeCloseTo(1 / 3);
  });
});
