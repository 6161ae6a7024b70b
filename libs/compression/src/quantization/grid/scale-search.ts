import { forEachChannelRun, nextPowerOfTwo, type ChannelLayout } from './arithmetic.js';

const { floor } = Math;

/** Shares of the largest magnitude that are tried as the end of the grid. */
const SHARES = Array.from({ length: 33 }, (_, i) => 0.2 + (0.8 * i) / 32);

/**
 * Scales with the least squared error per channel on the grid lowest..limit. On few levels, clipping the rare large
 * weights is cheaper than stretching the grid over them; `widest` holds the scales that clip nothing.
 */
export function searchScales(
  values: Float32Array,
  layout: ChannelLayout,
  widest: Float32Array,
  limit: number,
  lowest = -limit,
): Float32Array {
  const best = widest.slice();
  const leastErrors = channelErrors(values, layout, widest, limit, lowest);
  for (const share of SHARES.toReversed().slice(1)) {
    const scales = widest.map((scale) => scale * share);
    channelErrors(values, layout, scales, limit, lowest).forEach((error, channel) => {
      if (error >= leastErrors[channel]!) return;
      leastErrors[channel] = error;
      best[channel] = scales[channel]!;
    });
  }
  return best;
}

/** The next power of two at or above each scale. */
export function powerOfTwoScales(scales: Float32Array): Float32Array {
  return scales.map(nextPowerOfTwo);
}

function channelErrors(
  values: Float32Array,
  layout: ChannelLayout,
  scales: Float32Array,
  limit: number,
  lowest: number,
): Float64Array {
  const errors = new Float64Array(layout.channels);
  forEachChannelRun(layout, (channel, start, end) => {
    const scale = scales[channel]!;
    let error = 0;
    for (let i = start; i < end; i++) {
      // Either neighbour of a tie is as far away: plain rounding, four times as fast as to even, gives the same error.
      const nearest = floor(values[i]! / scale + 0.5);
      const difference = values[i]! - scale * (nearest > limit ? limit : nearest < lowest ? lowest : nearest);
      error += difference * difference;
    }
    errors[channel]! += error;
  });
  return errors;
}
