import { randomNumbers } from '#testing';

/** Samples per second. */
export const SAMPLE_RATE = 16_000;

/** Mean frequencies of the first three formants of five vowels in Hz (Peterson and Barney 1952). */
const VOWELS = [
  [270, 2290, 3010],
  [530, 1840, 2480],
  [730, 1090, 2440],
  [570, 840, 2410],
  [300, 870, 2240],
] as const;

/** Bandwidths of the formants in Hz, and how loud each is. */
const BANDWIDTHS = [60, 100, 140] as const;
const LOUDNESS = [1, 0.6, 0.3] as const;

/** Loudest sample, of the 32,767 that 16 bits hold. */
const PEAK = 12_000;

/**
 * Seconds of babble: a voice of gliding pitch through gliding formants (source and filter, Fant 1960), syllables with
 * hisses between them, over noise of a level that changes from clip to clip. 16-bit range, the same for the same seed.
 */
export function babble(samples: number, seed: number): Float32Array {
  const random = randomNumbers(seed);
  const voice = new Voice(random);
  const [loud, background] = [PEAK * 10 ** -(1.5 * random()), 10 ** -(1 + 2 * random())];
  const wave = new Float32Array(samples);
  let peak = 1e-6;
  for (let i = 0; i < samples; i++) {
    wave[i] = voice.next() + background * (random() - 0.5);
    peak = Math.max(peak, Math.abs(wave[i]!));
  }
  return wave.map((value) => (value / peak) * loud);
}

/** One speaker, sample by sample. */
class Voice {
  private readonly resonators = [new Resonator(), new Resonator(), new Resonator()];
  private readonly size: number;
  private pitch: number;
  private phase = 0;
  private left = 0;
  private length = 1;
  private from: readonly number[] = VOWELS[0];
  private to: readonly number[] = VOWELS[0];
  private glide = 0;
  private sound: 'vowel' | 'hiss' | 'pause' = 'pause';

  constructor(private readonly random: () => number) {
    this.pitch = 80 + 160 * random();
    this.size = 0.85 + 0.4 * random();
  }

  next(): number {
    if (this.left-- <= 0) this.begin();
    const done = 1 - this.left / this.length;
    const envelope = this.sound === 'pause' ? 0 : Math.sin(Math.PI * Math.min(1, Math.max(0, done)));
    this.phase += (this.pitch * (1 + this.glide * done)) / SAMPLE_RATE;
    const pulse = this.phase >= 1 ? 1 : 0;
    this.phase -= pulse;
    if (this.sound === 'hiss')
      return envelope * 0.3 * this.resonators[2]!.next(this.random() - 0.5, 4000 + 2500 * this.glide, 1500);
    const source = envelope * (pulse + 0.02 * (this.random() - 0.5));
    return this.resonators.reduce((sum, resonator, i) => {
      const formant = this.size * (this.from[i]! + (this.to[i]! - this.from[i]!) * done);
      return sum + LOUDNESS[i]! * resonator.next(source, formant, BANDWIDTHS[i]!);
    }, 0);
  }

  private begin(): void {
    const kind = this.random();
    this.sound = kind < 0.65 ? 'vowel' : kind < 0.88 ? 'hiss' : 'pause';
    this.length = this.left = Math.floor(SAMPLE_RATE * (0.05 + 0.2 * this.random()));
    this.from = this.to;
    this.to = VOWELS[Math.floor(this.random() * VOWELS.length)]!;
    this.glide = (this.random() - 0.5) * 0.6;
  }
}

/** A resonance of two poles (Klatt 1980): y = A x + B y₁ + C y₂. */
class Resonator {
  private y1 = 0;
  private y2 = 0;

  next(x: number, frequency: number, bandwidth: number): number {
    const radius = Math.exp((-Math.PI * bandwidth) / SAMPLE_RATE);
    const b = 2 * radius * Math.cos((2 * Math.PI * frequency) / SAMPLE_RATE);
    const c = -radius * radius;
    const y = (1 - b - c) * x + b * this.y1 + c * this.y2;
    this.y2 = this.y1;
    this.y1 = y;
    return y;
  }
}
