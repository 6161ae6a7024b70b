import { readFile } from 'node:fs/promises';
import type { Resample } from '#contracts';
import { errorOf } from '../test-dataset.js';
import { distance, fixture, fixtureArray } from '../fixtures.fixture.js';
import { decodePicture, type Picture } from './picture.js';
import { resize } from './resample.js';

const decode = async (name: string): Promise<Picture> => decodePicture(await readFile(fixture(name)), name);
const expected = (name: string) => fixtureArray('pictures.npz', name);

describe('a picture is decoded', () => {
  it.each([
    ['rgb.png', 'rgb', 0],
    ['lossless.webp', 'rgb', 0],
    ['alpha.png', 'rgb', 0],
    ['gray.png', 'gray', 0],
    // JPEG rounds twice, in the encoder and in whichever decoder.
    ['turned.jpg', 'turned', 24],
    ['cmyk.jpg', 'rgb', 24],
  ])('%s, to the pixels that were written', async (file, name, tolerance) => {
    const { dims, data } = await expected(name);
    const picture = await decode(file);
    expect([picture.height, picture.width]).toEqual(dims.slice(0, 2));
    expect(distance(picture.data, data)).toBeLessThanOrEqual(tolerance);
  });

  it('gray16.png, to its upper 8 bits', async () => {
    const { data } = await expected('rgb');
    expect([...(await decode('gray16.png')).data]).toEqual(data.filter((_, i) => i % 3 === 0));
  });

  it('or refused by its name where it is none, is cut off, or has too many pixels', async () => {
    await errorOf(decodePicture(Buffer.from('no picture'), 'x.png'), 'dataset_format');
    const whole = await readFile(fixture('rgb.png'));
    const error = await errorOf(decodePicture(whole.subarray(0, 900), 'cut.png'), 'dataset_format');
    expect(error.message).toMatch(
      /^cut\.png: not a readable picture: (it is cut short|its bytes are damaged); replace it or leave it out$/,
    );
    const none = await errorOf(decodePicture(Buffer.from('no picture'), 'x.png'), 'dataset_format');
    expect(none.message).toContain('it is no JPEG, PNG, WebP, GIF, TIFF or AVIF');
    const huge = Buffer.from(whole);
    // Width and height of the PNG header.
    huge.writeUInt32BE(100_000, 16);
    huge.writeUInt32BE(100_000, 20);
    await errorOf(decodePicture(huge, 'huge.png'), 'dataset_limit');
  });
});

const FILTERS: [Resample, number][] = [
  ['nearest', 0],
  ['box', 0],
  ['bilinear', 0],
  ['hamming', 0],
  ['bicubic', 0],
  ['lanczos', 0],
  ['INTER_NEAREST', 0],
  // OpenCV computes in fixed point, and rounds once where we round after the rows and after the columns.
  ['INTER_LINEAR', 1],
  ['INTER_AREA', 1],
  ['INTER_CUBIC', 2],
  ['INTER_LANCZOS4', 2],
];

describe('a picture is resized as PIL and OpenCV do', () => {
  it.each(FILTERS.flatMap(([name, most]) => (['down', 'up', 'long'] as const).map((to) => [name, to, most] as const)))(
    'by %s, %s',
    async (name, to, most) => {
      const { dims, data } = await expected(`${to}_${name}`);
      const [height = 0, width = 0] = dims;
      const resized = resize(await decode('rgb.png'), height, width, name);
      expect([resized.height, resized.width]).toEqual([height, width]);
      expect(distance(resized.data, data)).toBeLessThanOrEqual(most);
    },
  );
});
