import { float32, type HostTensors } from '#inference';
import { combinedSnrDb, OutputComparison, poorestOutput, worstOutput } from './output-quality.js';

function compared(batches: readonly (readonly [reference: HostTensors, outputs: HostTensors])[]) {
  const comparison = new OutputComparison();
  for (const [reference, outputs] of batches) comparison.add(outputs, reference);
  return comparison.qualities();
}

describe('the quality of outputs', () => {
  it('is told of each output and of each channel in its own units, whatever the largest is', () => {
    const reference = { boxes: float32([2, 2], [600, 1, 500, -1]), scores: float32([2, 2], [1, 1, 1, 1]) };
    const outputs = { boxes: float32([2, 2], [600.6, 0, 499.5, 0]), scores: float32([2, 2], [1.1, 0.9, 0.9, 1.1]) };
    const [boxes, scores] = compared([[reference, outputs]]);
    expect(boxes).toMatchObject({
      output: 'boxes',
      snrDb: expect.closeTo(53.3, 0),
      channels: 2,
      poorChannels: 1,
      worstChannel: { axis: 1, channel: 1, snrDb: expect.closeTo(0, 6) },
    });
    expect(scores).toMatchObject({ output: 'scores', snrDb: expect.closeTo(20, 4), poorChannels: 0 });
    expect(worstOutput([boxes, scores].flatMap((quality) => quality ?? []))).toEqual({
      place: '"boxes", channel 1 of axis 1',
      snrDb: expect.closeTo(0, 6),
    });
  });

  it('is one figure of several outputs by their shares of noise, not by their size', () => {
    const reference = { large: float32([1, 1], [1000]), small: float32([1, 1], [1]) };
    const figure = (large: number, small: number) =>
      combinedSnrDb(compared([[reference, { large: float32([1, 1], [large]), small: float32([1, 1], [small]) }]]));
    expect(figure(1000, 1)).toBeNull();
    expect(figure(1000, 1.1)).toBeCloseTo(10 * Math.log10(2 / 0.01), 3);
    expect(figure(1100, 1.1)).toBeCloseTo(20, 3);
    expect(figure(NaN, 1)).toBeUndefined();
  });

  it('is worth a warning where a channel is of another order or half of them are poor, not where one is quiet among its like or improbable', () => {
    const spoilt = (values: number[], noise: number) =>
      compared([
        [
          { y: float32([1, values.length], values) },
          {
            y: float32(
              [1, values.length],
              values.map((value) => value + noise),
            ),
          },
        ],
      ]);
    const warnedOf = (qualities: ReturnType<typeof spoilt>, isProbability = false) =>
      poorestOutput(qualities, () => isProbability)?.place ?? null;
    const order = spoilt([600, 500, 400, 1], 1);
    expect([warnedOf(order), warnedOf(order, true)]).toEqual(['"y", channel 3 of axis 1', null]);
    expect(warnedOf(spoilt([10, 9, 8, 1], 1))).toBeNull();
    expect(warnedOf(spoilt([20, 2, 1, 10], 1))).toBe('"y", channel 2 of axis 1');
    expect(warnedOf(spoilt([1, 1], 1), true)).toBe('"y"');
  });

  it('looks at the second axis too where others follow, over batches of different width', () => {
    const [one] = compared([
      [{ y: float32([1, 2, 1], [1, 1]) }, { y: float32([1, 2, 1], [1, 0]) }],
      [{ y: float32([1, 2, 2], [1, 1, 1, 1]) }, { y: float32([1, 2, 2], [1, 1, 0, 0]) }],
    ]);
    expect(one).toMatchObject({ channels: 4, worstChannel: { axis: 1, channel: 1, snrDb: expect.closeTo(0, 6) } });
  });

  it('says of what has no figure why, and takes equal infinities for equal', () => {
    const [silent, lost, masked] = compared([
      [
        { silent: float32([1, 2], [0, 0]), lost: float32([1, 1], [1]), masked: float32([1, 2], [-Infinity, 2]) },
        { silent: float32([1, 2], [1, 0]), lost: float32([1, 1], [NaN]), masked: float32([1, 2], [-Infinity, 2]) },
      ],
    ]);
    expect(silent).toEqual({
      output: 'silent',
      lastAxisSnrDb: ['silent', 'identical'],
      isFinite: true,
      reason: 'the baseline gives only zeros',
      channels: 2,
      poorChannels: 0,
      silentChannels: 1,
    });
    expect(lost).toMatchObject({ reason: 'it holds values that are not finite' });
    expect(masked).toMatchObject({ snrDb: null });
    expect(worstOutput([silent, lost].flatMap((quality) => quality ?? []))).toBeUndefined();
    expect(worstOutput(masked ? [masked] : [])).toBeNull();
  });
});
