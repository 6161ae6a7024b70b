import {
  asymmetricGrid,
  channelLayout,
  channelMaxima,
  dequantizeSymmetric,
  quantizeSymmetric,
  snrDb,
  symmetricScales,
} from './arithmetic.js';

describe('asymmetricGrid', () => {
  it('gives a rectified value zero point 0', () => {
    expect(asymmetricGrid({ min: 0, max: 2.55 })).toEqual({ scale: Math.fround(0.01), zeroPoint: 0 });
  });

  it('widens a range that lies on one side of zero so that zero is exact', () => {
    expect(asymmetricGrid({ min: 1, max: 2.55 }).zeroPoint).toBe(0);
    expect(asymmetricGrid({ min: -2.55, max: -1 }).zeroPoint).toBe(255);
  });

  it('gives a value that is always zero a usable scale', () => {
    expect(asymmetricGrid({ min: 0, max: 0 })).toEqual({ scale: 1, zeroPoint: 0 });
  });
});

describe('symmetric weights', () => {
  const values = Float32Array.of(1, -2, 0.5, 4, 0, 0);

  it('takes the largest magnitude of each channel along the first axis', () => {
    expect([...channelMaxima(values, channelLayout([3, 2], 0))]).toEqual([2, 4, 0]);
  });

  it('takes the largest magnitude of each channel along the last axis', () => {
    expect([...channelMaxima(values, channelLayout([3, 2], 1))]).toEqual([1, 4]);
  });

  it('lends a channel of zeros the largest scale of the tensor', () => {
    expect([...symmetricScales(Float64Array.of(2, 4, 0), 64)]).toEqual([2 / 64, 4 / 64, 4 / 64]);
  });

  it('keeps each channel its own scale however far they lie apart, down to the least normal float', () => {
    expect([...symmetricScales(Float64Array.of(2 ** 40, 2 ** -40, 2 ** -140), 64)]).toEqual([
      2 ** 34,
      2 ** -46,
      2 ** -126,
    ]);
  });

  it('keeps zeros zero and the largest magnitude at the limit', () => {
    const layout = channelLayout([3, 2], 0);
    const scales = symmetricScales(channelMaxima(values, layout), 64);
    expect([...quantizeSymmetric(values, layout, scales, 64)]).toEqual([32, -64, 8, 64, 0, 0]);
  });

  it('returns within half a step of the weight', () => {
    const weights = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.7));
    const layout = channelLayout([3, 4, 5], 1);
    const scales = symmetricScales(channelMaxima(weights, layout), 64);
    const back = dequantizeSymmetric(quantizeSymmetric(weights, layout, scales, 64), layout, scales);
    weights.forEach((weight, i) =>
      expect(Math.abs(weight - back[i]!)).toBeLessThanOrEqual(scales[Math.floor(i / 5) % 4]! * 0.501),
    );
  });
});

describe('snrDb', () => {
  it('is 20 dB for a tenth of noise and null for none', () => {
    expect(snrDb([1, 1], [1.1, 0.9])).toBeCloseTo(20, 6);
    expect(snrDb([1, 2], [1, 2])).toBeNull();
    expect(snrDb([1, -Infinity], [1.1, -Infinity])).toBeCloseTo(20, 6);
    expect([snrDb([0], [1]), snrDb([1], [NaN])]).toEqual([undefined, undefined]);
  });
});
