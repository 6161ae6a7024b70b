import { z } from 'zod';
import { ModelMetrics, Skipped, StageMetrics } from './metrics.js';

/**
 * Messages between a parent and the child process that does heavy work on untrusted files. The child gets one request,
 * sends any number of progress and log messages and ends with `done` or `failed`. Files pass by path, never by message.
 */
const ModelFile = z.object({ path: z.string(), digest: z.string() });

export const StageRequest = z.object({
  kind: z.literal('stage'),
  pass: z.string(),
  options: z.unknown(),
  seed: z.int(),
  threads: z.int().min(1),
  /** Ceiling of the child's memory in MiB. */
  memoryMb: z.int().min(1).optional(),
  /** Whether modules that the options hold may be run. */
  customMetrics: z.boolean().optional(),
  model: ModelFile,
  /** The job's input model: teacher of distillation, baseline of evaluation. */
  baseline: ModelFile,
  /** The models of the job so far, baseline first; only for passes that read the history. */
  history: z.array(ModelFile),
  /** Models of the store that the options name. */
  models: z.array(ModelFile).default([]),
  /** A folder holding `dataset.json` (StoredDataset) and the files it names. */
  datasetPath: z.string().nullable(),
  /** A file that outlives a killed child: where a long pass keeps what it needs to go on. */
  checkpointFile: z.string().optional(),
  /** Why what was kept could not be had. */
  checkpointLost: z.string().optional(),
  /** The job whose shorter training ended in what the checkpoint file holds. */
  checkpointFrom: z.string().optional(),
  checkpointMs: z.number().min(0).optional(),
  /** A folder the child may write to. The result model, when there is a new one, is `model.onnx` in it. */
  outputPath: z.string(),
});
export type StageRequest = z.infer<typeof StageRequest>;

export const InspectRequest = z.object({ kind: z.literal('inspect'), modelPath: z.string() });
export type InspectRequest = z.infer<typeof InspectRequest>;

export const CheckDatasetRequest = z.object({ kind: z.literal('checkDataset'), datasetPath: z.string() });
export type CheckDatasetRequest = z.infer<typeof CheckDatasetRequest>;

export const ValueSummary = z.object({
  name: z.string(),
  type: z.string(),
  dims: z.array(z.union([z.number(), z.string()])).nullable(),
});
export type ValueSummary = z.infer<typeof ValueSummary>;

/** Tensors of one element type. */
export const TypeBytes = z.object({ type: z.string(), tensors: z.int(), bytes: z.number() });
export type TypeBytes = z.infer<typeof TypeBytes>;

/** What can be read off a model file without running it (MACs need shapes: they are null where inputs have none). */
export const ModelInspection = z
  .object({
    inputs: z.array(ValueSummary),
    outputs: z.array(ValueSummary),
    irVersion: z.number(),
    opset: z.number(),
    producer: z.string(),
    ops: z.record(z.string(), z.number()).describe('Number of nodes per op type.'),
    nodes: z.number(),
    parameters: z.number(),
    nonZeros: z.number(),
    macs: z.number().nullable().describe('Multiply-accumulates of one sample.'),
    warnings: z
      .array(z.string())
      .default([])
      .describe(
        'What about the model will surprise whoever works with it, such as weights that are no numbers; empty for models stored before this was looked for.',
      ),
    types: z
      .array(TypeBytes)
      .optional()
      .describe('Bytes of tensors by element type, the most first; absent for models stored before they were counted.'),
  })
  .meta({ id: 'ModelInspection' });
export type ModelInspection = z.infer<typeof ModelInspection>;

export const DatasetInspection = z
  .object({
    inputs: z.record(
      z.string(),
      z.object({
        dims: z.array(z.number()).describe('Shape of one sample after preprocessing.'),
        type: z.string(),
        batchAxis: z
          .number()
          .nullable()
          .optional()
          .describe('Axis of the samples where it is not the first; null for an input without one.'),
      }),
    ),
    classes: z.number().nullable(),
    classNames: z.array(z.string()).optional().describe('Names of the classes, in order, where they have any.'),
    targets: z
      .array(z.number())
      .optional()
      .describe('Shape of the numbers that a sample is to be regressed to, where labels are not classes.'),
    boxes: z.boolean().optional().describe('Those numbers are boxes on pictures: the labels of a detector.'),
    splits: z.record(z.string(), z.number()).describe('Samples per split.'),
    warnings: z
      .array(z.string())
      .optional()
      .describe(
        'What was found in the values and may be meant: samples that are not finite, by file, array and sample.',
      ),
  })
  .meta({ id: 'DatasetInspection' });
export type DatasetInspection = z.infer<typeof DatasetInspection>;

/**
 * Asks for a Preflight of each recipe. The data set was inspected when it was stored, so its files are not needed
 * again.
 */
export const PreflightRequest = z.object({
  kind: z.literal('preflight'),
  modelPath: z.string(),
  dataset: DatasetInspection.nullable(),
  recipes: z.array(z.array(z.object({ pass: z.string(), options: z.unknown() }))),
  /** Models of the store that the passes name, as far as they are there. */
  models: z.array(ModelFile).default([]),
});
export type PreflightRequest = z.infer<typeof PreflightRequest>;

/** Asks for what a model's bytes alone tell of it: a ModelMetrics. */
export const MeasureRequest = z.object({ kind: z.literal('measure'), modelPath: z.string() });
export type MeasureRequest = z.infer<typeof MeasureRequest>;

/** Asks for the layers of each of the models: a ModelLayers each, in their order. */
export const GraphRequest = z.object({ kind: z.literal('graph'), modelPaths: z.array(z.string()) });
export type GraphRequest = z.infer<typeof GraphRequest>;

/** Asks for a model and the external data beside it as one file: names of the files that they lie in. */
export const JoinRequest = z.object({ kind: z.literal('join'), modelPath: z.string(), outputPath: z.string() });
export type JoinRequest = z.infer<typeof JoinRequest>;

/** Asks for the only model of a zip archive, unpacked into a folder, as one file with its external data. */
export const UnpackRequest = z.object({
  kind: z.literal('unpack'),
  archivePath: z.string(),
  folder: z.string(),
  outputPath: z.string(),
  maxBytes: z.number(),
});
export type UnpackRequest = z.infer<typeof UnpackRequest>;

/**
 * Asks what a model would get of data: a DatasetPreview. `dataPath` is a folder with a manifest in it; of a guess, the folder or file that the manifest
 * is guessed from, beside or in which it is written.
 */
export const PreviewDatasetRequest = z.object({
  kind: z.literal('previewDataset'),
  dataPath: z.string(),
  name: z.string(),
  isGuess: z.boolean(),
  modelPath: z.string(),
  samples: z.int().min(1),
  from: z.int().min(0),
  split: z.enum(['calibration', 'train', 'test']).optional(),
});
export type PreviewDatasetRequest = z.infer<typeof PreviewDatasetRequest>;

export const ProcessRequest = z.discriminatedUnion('kind', [
  StageRequest,
  InspectRequest,
  CheckDatasetRequest,
  PreflightRequest,
  MeasureRequest,
  JoinRequest,
  UnpackRequest,
  GraphRequest,
  PreviewDatasetRequest,
]);
export type ProcessRequest = z.infer<typeof ProcessRequest>;

export const PreflightProblem = z.object({ field: z.string(), message: z.string() });
export const Preflight = z
  .object({
    problems: z.array(PreflightProblem).describe('Why the job cannot run; empty when it can.'),
    skipped: z.array(Skipped.extend({ pass: z.string() })).describe('Nodes that a pass would leave alone.'),
  })
  .meta({ id: 'Preflight' });
export type Preflight = z.infer<typeof Preflight>;

/** Under this name a stage's summary has what its process had in memory at most, MiB. */
export const PEAK_MEMORY = 'peakMemoryMb';

export const StageResult = z
  .object({
    /** False when the pass only measured: the stage's model is its input. */
    changed: z.boolean(),
    seconds: z.number().describe("The pass's own time: the start of its process, files and metrics left out."),
    metrics: StageMetrics,
    /** Metrics of each model of the history and, last, of the stage's model; only from evaluate. */
    history: z.array(ModelMetrics).optional(),
    skipped: z.array(Skipped),
    summary: z.record(z.string(), z.unknown()),
    /** Files in the output folder to keep beside the model, such as a training curve. */
    files: z.array(z.string()),
    peakMemoryMb: z.number().optional().describe('The most that the process had in memory, MiB.'),
  })
  .meta({ id: 'StageResult' });
export type StageResult = z.infer<typeof StageResult>;

export const ProcessMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('progress'),
    fraction: z.number().min(0).max(1),
    message: z.string().optional(),
    values: z.record(z.string(), z.number()).optional(),
  }),
  z.object({ type: z.literal('log'), line: z.string() }),
  z.object({ type: z.literal('done'), result: z.unknown() }),
  z.object({
    type: z.literal('failed'),
    error: z.object({ code: z.string(), message: z.string(), permanent: z.boolean(), stack: z.string().optional() }),
  }),
]);
export type ProcessMessage = z.infer<typeof ProcessMessage>;
