import { z } from 'zod';
import { Encodings } from './encodings.js';

const WeightBits = z.literal([8, 4, 3, 2]);
const ActivationBits = z.literal([8, 16]);

/** A range as calibration.json tells it; what else is said there of a value is not read. */
const KnownRange = z
  .object({ value: z.string(), min: z.number(), max: z.number(), saturation: z.number().min(0).max(1).optional() })
  .refine(({ min, max }) => min <= max, { error: 'min is larger than max', path: ['min'] });

/** Goals of mixed precision: the least loss within a size, or the least size within a loss. */
const MixedPrecision = z
  .strictObject({
    averageBits: z.number().min(2).max(8).optional().describe('Weights take at most so many bits on average.'),
    bytes: z.number().positive().max(1).optional().describe('The file takes at most this share of its bytes before.'),
    minSnrDb: z
      .number()
      .min(-20)
      .max(120)
      .optional()
      .describe('As small as possible with at least this signal to noise of the outputs, in dB.'),
    maxDrop: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('As small as possible with at most this loss of top-1 on calibration samples.'),
    latency: z
      .number()
      .positive()
      .max(10)
      .optional()
      .describe(
        'Layers at 8 bits, the noisiest left float as far as this share of the float model’s time allows, ' +
          'measured on this machine.',
      ),
    samples: z
      .int()
      .min(1)
      .max(10_000)
      .default(64)
      .describe('Calibration samples that each layer and width is tried on.'),
  })
  .refine(
    ({ averageBits, bytes, minSnrDb, maxDrop, latency }) =>
      [averageBits, bytes, minSnrDb, maxDrop, latency].filter((goal) => goal !== undefined).length === 1,
    {
      message: 'mixed needs exactly one of averageBits, bytes, minSnrDb, maxDrop and latency',
    },
  );

/** The options, each by itself: what cannot be had together is another matter. */
export const QuantizeFields = z.strictObject({
  scheme: z
    .enum(['static', 'dynamic', 'weightOnly', 'float16'])
    .default('static')
    .describe(
      'Weights and activations as integers with calibrated ranges; with ranges measured at run time; weights ' +
        'alone; or weights in half precision.',
    ),
  target: z
    .enum(['portable', 'onnxruntime', 'web'])
    .default('portable')
    .describe(
      'What may be emitted: standard operators, those of ONNX Runtime too, or only what is fast in WebAssembly.',
    ),
  weightBits: WeightBits.default(8).describe(
    'Width of the stored weights in bits; below 8 they are packed on disk and run as int8.',
  ),
  weightFormat: z
    .enum(['uniform', 'ternary', 'binary', 'codebook'])
    .default('uniform')
    .describe(
      'Evenly spaced levels; -1, 0, 1 times a scale; -1, 1 times a scale; or 2^weightBits values per layer ' +
        'found by k-means.',
    ),
  layerBits: z
    .record(z.string(), WeightBits)
    .default({})
    .describe(
      'Width of single layers, where it differs from weightBits, by node name or pattern: * stands for any ' +
        'characters, a name goes before patterns, the first pattern that fits counts.',
    ),
  ends: z
    .enum(['same', 'bits8', 'float'])
    .default('same')
    .describe(
      'What becomes of the first and the last layers that multiply: the same as of the others, 8-bit ' +
        'weights, or nothing.',
    ),
  rounding: z
    .enum(['nearest', 'seqmse', 'gptq', 'adaround'])
    .default('nearest')
    .describe(
      'Round each weight to its nearest level, to the nearest on scales that keep the layer’s output, column by ' +
        'column so that this output stays close, or up or down as gradient steps on it find best; all but nearest ' +
        'need a data set (schemes static and weightOnly).',
    ),
  iterations: z.int().min(1).max(100_000).default(1000).describe('Gradient steps per layer that AdaRound takes.'),
  biasCorrection: z
    .literal([true, false, 'auto'])
    .default('auto')
    .describe(
      'Move each bias by what rounding the weights takes from the layer’s mean output; needs a data set in ' +
        'every scheme. Scheme static keeps it by itself where calibration data held out say that it helps.',
    ),
  equalize: z
    .boolean()
    .default(false)
    .describe(
      'Give each channel the same range in the layer that makes it and in the one that reads it, ahead of ' +
        'quantization (cross-layer equalization); the function stays the same.',
    ),
  smoothing: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'Share of the outliers ahead of matrix products that moves from activations into weights ' +
        '(SmoothQuant’s alpha, such as 0.5); needs a data set (schemes static and dynamic).',
    ),
  mixed: MixedPrecision.optional().describe(
    'Choose 8, 4 or 2 bits for each layer by its sensitivity (scheme static); exactly one goal.',
  ),
  activationBits: ActivationBits.default(8).describe(
    'Width of activations (scheme static); with 16 bits the runtime computes in floats, for models that 8 ' +
      'bits cost too much.',
  ),
  layerActivationBits: z
    .record(z.string(), ActivationBits)
    .default({})
    .describe('Width of the activations that single layers read, by node name or pattern as in layerBits.'),
  powerOfTwo: z.boolean().default(false).describe('Restrict the scales of weights and activations to powers of two.'),
  codebookStart: z
    .enum(['linear', 'density', 'random'])
    .default('linear')
    .describe('First centroids of a codebook: evenly spaced, at quantiles, or drawn.'),
  perChannel: z.boolean().default(true).describe('One weight scale per output channel instead of one per tensor.'),
  reduceRange: z
    .literal([true, false, 'auto'])
    .default('auto')
    .describe(
      'Keep 8-bit weights within ±64, so that kernels without int8 dot products (VNNI) cannot saturate; auto does ' +
        'where the runtime on this CPU would, and keeps the whole of ±127 elsewhere.',
    ),
  calibration: z
    .enum(['auto', 'minmax', 'movingAverage', 'percentile', 'entropy', 'mse'])
    .default('auto')
    .describe(
      'How activation ranges are chosen: extrema, their moving average over batches, or from a histogram; ' +
        'auto tries percentile, minmax and entropy on calibration data held out, and is percentile where there ' +
        'are fewer than four batches.',
    ),
  ranges: z
    .array(KnownRange)
    .max(100_000)
    .default([])
    .describe(
      'Ranges of activations that are known already (scheme static): the content of an earlier stage’s ' +
        'calibration.json, or { value, min, max } by hand. The other values are calibrated; where none is left ' +
        'no data set is needed.',
    ),
  encodings: Encodings.optional().describe(
    'Grids of activations and weights from another quantizer (scheme static): the content of a file of encodings as ' +
      'AIMET exports it, versions 0.6.1 and 1.0.0. Ranges go before them; where they tell every activation no data ' +
      'set is needed. What has no use is listed.',
  ),
  percentile: z
    .number()
    .min(50)
    .max(100)
    .default(99.99)
    .describe('Share of activation values kept inside the range, in percent.'),
  samples: z.int().min(1).max(100_000).default(256).describe('Calibration samples, taken from the calibration split.'),
  opTypes: z
    .array(z.enum(['Conv', 'Gemm', 'MatMul', 'Gather', 'LSTM', 'GRU', 'RNN', 'ConvTranspose', 'Add']))
    .default(['Conv', 'Gemm', 'MatMul', 'Gather', 'LSTM', 'GRU', 'RNN', 'ConvTranspose', 'Add'])
    .describe(
      'Operators whose weights, and activations where there are integer kernels, are quantized; Gemm and MatMul ' +
        'alone for the fully connected layers only, Gather for the tables that rows are looked up in, LSTM, GRU and ' +
        'RNN for recurrent weights, Add for learned tables that are added.',
    ),
  minProducts: z
    .int()
    .min(0)
    .max(1024)
    .default(16)
    .describe(
      'A convolution ahead of Relu and MaxPool with fewer products per output than this stays float, which ' +
        'is faster.',
    ),
  exclude: z.array(z.string()).default([]).describe('Nodes that stay float, by name or pattern as in layerBits.'),
  weightsOnly: z
    .array(z.string())
    .default([])
    .describe(
      'Layers that store their weights as integers and compute in floats, by name or pattern as in layerBits ' +
        '(scheme static): as small as int8, as fast as float.',
    ),
  whereSlower: z
    .enum(['auto', 'weightsOnly', 'float', 'int8'])
    .default('int8')
    .describe(
      'What becomes of layers with which the model runs slower as int8 than as float on this machine (scheme static). ' +
        'int8 asks no clock. Otherwise speed is measured: weightsOnly stores integers and computes in floats, float ' +
        'leaves weights float too, auto takes the smaller, which is weightsOnly.',
    ),
});
export type QuantizeFields = z.infer<typeof QuantizeFields>;
