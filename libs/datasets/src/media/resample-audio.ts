/**
 * Lobes of the filter on each side, and where it begins to cut, as a share of half the lower rate: torchaudio's
 * defaults.
 */
const LOBES = 6;
const ROLLOFF = 0.99;

/** Weights of one phase of the result, and how far before its place the first of them lies. */
interface Phase {
  from: number;
  weights: Float64Array;
}

/**
 * A wave at another rate by a sinc filter under a Hann window (Smith, "Digital Audio Resampling"), as
 * torchaudio.functional.resample computes it: ⌈length · to / from⌉ samples, or the first `most` of them: a header may
 * claim a rate that makes any number of a short file.
 */
export function resampleAudio(
  wave: Float32Array,
  from: number,
  to: number,
  most = Infinity,
): Float32Array<ArrayBuffer> {
  if (from === to) return wave.slice(0, most);
  const shared = divisor(from, to);
  const [old, rate] = [from / shared, to / shared];
  const phases = new Map<number, Phase>();
  const result = new Float32Array(Math.min(most, Math.ceil((wave.length * rate) / old)));
  for (let n = 0; n < result.length; n++) {
    const number = n % rate;
    const phase = phases.get(number) ?? phaseOf(number, old, rate);
    phases.set(number, phase);
    const start = Math.floor(n / rate) * old + phase.from;
    let sum = 0;
    for (let k = Math.max(0, -start); k < phase.weights.length && start + k < wave.length; k++)
      sum += (phase.weights[k] as number) * (wave[start + k] as number);
    result[n] = sum;
  }
  return result;
}

function phaseOf(number: number, old: number, rate: number): Phase {
  const cut = Math.min(old, rate) * ROLLOFF;
  const width = Math.ceil((LOBES * old) / cut);
  const centre = (number / rate) * old;
  const from = Math.max(-width, Math.ceil(centre - (LOBES * old) / cut));
  const last = Math.min(width + old - 1, Math.floor(centre + (LOBES * old) / cut));
  const weights = Float64Array.from({ length: last - from + 1 }, (_, k) => {
    const t = ((from + k) / old - number / rate) * cut;
    const window = Math.cos((t * Math.PI) / LOBES / 2) ** 2;
    const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
    return sinc * window * (cut / old);
  });
  return { from, weights };
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
