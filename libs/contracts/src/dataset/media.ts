import { z } from 'zod';

/**
 * Filters that resize a picture: those of PIL, which look at all the pixels that shrink into one, and those of OpenCV
 * by its names.
 */
export const Resample = z.enum([
  'nearest',
  'box',
  'bilinear',
  'hamming',
  'bicubic',
  'lanczos',
  'INTER_NEAREST',
  'INTER_LINEAR',
  'INTER_AREA',
  'INTER_CUBIC',
  'INTER_LANCZOS4',
]);
export type Resample = z.infer<typeof Resample>;

const MAX_SIDE = 16_384;
const Side = z.int().min(1).max(MAX_SIDE);
const HeightWidth = z.tuple([Side, Side]);
const SideOrBoth = z.union([Side, HeightWidth]);

/**
 * How a picture becomes an array of bytes: turned as its EXIF orientation says, then resized, then cropped or
 * letterboxed.
 */
export const ImageForm = z
  .strictObject({
    color: z.enum(['rgb', 'bgr', 'gray']).default('rgb').describe('Channels of the array, in this order.'),
    resize: SideOrBoth.optional().describe('Length of the shorter side, or [height, width].'),
    crop: SideOrBoth.optional().describe('Side of the square, or [height, width], cut out of the middle.'),
    letterbox: SideOrBoth.optional().describe(
      'Side of the square, or [height, width], into which the whole picture is fitted; the rest is filled.',
    ),
    fill: z.int().min(0).max(255).default(114).describe('Value around a letterboxed picture.'),
    resample: Resample.default('bilinear'),
    layout: z.enum(['nchw', 'nhwc']).default('nchw').describe('Channels first, or last.'),
  })
  .refine(({ resize, crop, letterbox }) => letterbox === undefined || (resize === undefined && crop === undefined), {
    error: 'letterbox fits the whole picture: leave resize and crop out, or use them without letterbox',
    path: ['letterbox'],
  });
export type ImageForm = z.infer<typeof ImageForm>;

const MAX_FFT = 16_384;

/** Log-mel bands, as torchaudio's MelSpectrogram computes them. */
export const MelForm = z
  .strictObject({
    fft: z.int().min(16).max(MAX_FFT).default(400).describe('Samples of one transform.'),
    hop: z.int().min(1).default(160).describe('Samples from one frame to the next.'),
    window: z.int().min(1).optional().describe('Samples under the Hann window; all of the transform by default.'),
    bands: z.int().min(1).max(512).default(64),
    low: z.number().min(0).default(0).describe('Lowest frequency in Hz.'),
    high: z.number().positive().optional().describe('Highest frequency in Hz; half of the rate by default.'),
    scale: z.enum(['htk', 'slaney']).default('htk'),
    norm: z.enum(['none', 'slaney']).default('none').describe('Whether each band has the area of one.'),
    power: z
      .union([z.literal(1), z.literal(2)])
      .default(2)
      .describe('2 for energies, 1 for magnitudes.'),
    log: z.enum(['none', 'ln', 'log10', 'dB']).default('ln'),
    floor: z.number().positive().default(1e-10).describe('Least value that the logarithm is taken of.'),
    center: z.boolean().default(true).describe('Frames are centred on their samples, and the ends are mirrored.'),
  })
  .refine(({ fft, window }) => window === undefined || window <= fft, {
    error: 'at most as many samples as fft',
    path: ['window'],
  });
export type MelForm = z.infer<typeof MelForm>;

/** How a recording becomes an array of floats from -1 to 1: mixed to one channel, resampled, cut into windows. */
export const AudioForm = z.strictObject({
  rate: z.int().min(100).max(768_000).describe('Samples in a second, as the model takes them.'),
  samples: z.int().min(1).max(10_000_000).describe('Length of a window at that rate; what is shorter ends in silence.'),
  hop: z.int().min(1).optional().describe('Samples from one window to the next, for `windows`; `samples` by default.'),
  windows: z
    .int()
    .min(1)
    .max(100_000)
    .default(1)
    .describe('Windows of each recording, one sample of the data set each.'),
  mel: MelForm.optional().describe('Serves log-mel bands, [bands, frames], in place of the wave.'),
});
export type AudioForm = z.infer<typeof AudioForm>;

/** Lists of token ids of any length, made equally long. */
export const TokenForm = z.strictObject({
  column: z.string().min(1).describe('Column that holds the lists.'),
  length: z.int().min(1).max(1_000_000).describe('Tokens of a sample: what is longer is cut, what is shorter filled.'),
  pad: z.int().default(0).describe('Id that fills.'),
  mask: z.boolean().default(false).describe('Serves 1 for each token and 0 for each that fills, in place of the ids.'),
});
export type TokenForm = z.infer<typeof TokenForm>;
