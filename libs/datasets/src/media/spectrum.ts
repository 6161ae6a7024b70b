/** |X|² of the first n/2 + 1 frequencies of a real signal of `size` samples. */
export type PowerSpectrum = (signal: Float64Array) => Float64Array;

/** The transform for a size: by halving where it is a power of two, else by the sum itself (n²/2 products). */
export function powerSpectrum(size: number): PowerSpectrum {
  const angle = (i: number) => (2 * Math.PI * i) / size;
  const cos = Float64Array.from({ length: size }, (_, i) => Math.cos(angle(i)));
  const sin = Float64Array.from({ length: size }, (_, i) => Math.sin(angle(i)));
  const isPowerOfTwo = Number.isInteger(Math.log2(size));
  return isPowerOfTwo ? (signal) => byHalving(signal, cos, sin) : (signal) => bySum(signal, cos, sin);
}

function bySum(signal: Float64Array, cos: Float64Array, sin: Float64Array): Float64Array {
  const size = signal.length;
  return Float64Array.from({ length: Math.floor(size / 2) + 1 }, (_, k) => {
    let [real, imaginary] = [0, 0];
    for (let n = 0, angle = 0; n < size; n++) {
      real += (signal[n] as number) * (cos[angle] as number);
      imaginary -= (signal[n] as number) * (sin[angle] as number);
      angle += k;
      if (angle >= size) angle -= size;
    }
    return real * real + imaginary * imaginary;
  });
}

/** Cooley and Tukey, radix 2, in place over bit-reversed samples. */
function byHalving(signal: Float64Array, cos: Float64Array, sin: Float64Array): Float64Array {
  const size = signal.length;
  const real = reversed(signal);
  const imaginary = new Float64Array(size);
  for (let half = 1; half < size; half *= 2) {
    const step = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const [a, b] = [start + k, start + k + half];
        const [c, s] = [cos[k * step] as number, -(sin[k * step] as number)];
        const re = (real[b] as number) * c - (imaginary[b] as number) * s;
        const im = (real[b] as number) * s + (imaginary[b] as number) * c;
        real[b] = (real[a] as number) - re;
        imaginary[b] = (imaginary[a] as number) - im;
        real[a] = (real[a] as number) + re;
        imaginary[a] = (imaginary[a] as number) + im;
      }
    }
  }
  const power = (k: number) => (real[k] ?? 0) ** 2 + (imaginary[k] ?? 0) ** 2;
  return Float64Array.from({ length: size / 2 + 1 }, (_, k) => power(k));
}

function reversed(signal: Float64Array): Float64Array {
  const result = new Float64Array(signal.length);
  for (let i = 0, j = 0; i < signal.length; i++) {
    result[j] = signal[i] as number;
    let bit = signal.length >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
  }
  return result;
}
