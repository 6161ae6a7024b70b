import { randomNumbers } from './random.js';

/** Glyphs of 5 × 7 dots: five columns from the left, the lowest bit on top. */
const GLYPHS = [
  '3e5149453e',
  '00427f4000',
  '4261514946',
  '2141454b31',
  '1814127f10',
  '2745454539',
  '3c4a494930',
  '0171090503',
  '3649494936',
  '064949291e',
  '7e1111117e',
  '7f49494936',
  '3e41414122',
  '7f4141221c',
  '7f49494941',
  '7f09090901',
  '3e4149497a',
  '7f0808087f',
  '00417f4100',
  '7f08142241',
  '7f40404040',
  '7f020c027f',
  '7f0408107f',
  '3e4141413e',
  '7f09090906',
  '7f09192946',
  '4649494931',
  '01017f0101',
  '3f4040403f',
  '1f2040201f',
].map((columns) => columns.match(/../g)!.map((column) => parseInt(column, 16)));

/** Columns from one glyph to the next. */
const ADVANCE = 6;

/** How often a place between two glyphs is a space. */
const SPACES = 0.15;

export interface TextImage {
  height: number;
  width: number;
  lines: number;
}

/**
 * Lines of random capitals and digits, dark on light paper with noise, edges smoothed: [height · width] brightnesses in
 * 0..1.
 */
export function textImage(seed: number, { height, width, lines }: TextImage): Float32Array {
  const random = randomNumbers(seed);
  const pitch = height / lines;
  const dot = (pitch / 10) * (0.8 + 0.4 * random());
  const [left, ink, paper] = [dot * (1 + 4 * random()), 0.25 * random(), 0.8 + 0.2 * random()];
  const places = Math.max(1, Math.floor((width - 2 * left) / (ADVANCE * dot)));
  const glyph = () => (random() < SPACES ? null : GLYPHS[Math.floor(random() * GLYPHS.length)]!);
  const texts = Array.from({ length: lines }, () => Array.from({ length: places }, glyph));
  const isInk = (x: number, y: number) => {
    const [line, column] = [Math.floor(y / pitch), Math.floor((x - left) / dot)];
    const row = Math.floor((y - line * pitch - (pitch - 7 * dot) / 2) / dot);
    if (row < 0 || row >= 7 || column < 0) return false;
    const dots = texts[line]?.[Math.floor(column / ADVANCE)]?.[column % ADVANCE] ?? 0;
    return ((dots >> row) & 1) === 1;
  };
  return Float32Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const hits = SUBPIXELS.filter(([dx, dy]) => isInk(x + dx!, y + dy!));
    const shade = paper + (ink - paper) * (hits.length / SUBPIXELS.length);
    return Math.min(1, Math.max(0, shade + 0.04 * (random() - 0.5)));
  });
}

/** Where ink is looked for in a pixel, 3 by 3. */
const SUBPIXELS = [0, 1, 2].flatMap((y) => [0, 1, 2].map((x) => [(x + 0.5) / 3, (y + 0.5) / 3]));
