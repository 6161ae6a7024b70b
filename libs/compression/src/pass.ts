import type { DatasetInspection, PassName, PassOptions, Skipped } from '#contracts';
import type { Dataset } from '#datasets';
import type { ModelProto } from '#onnx';

/** What a pass is given. Everything that decides its result is here or in its options; nothing else may be read. */
export interface PassContext {
  /** The stage's input model. A pass may change it in place and return it. */
  model: ModelProto;
  /** The job's input model, as bytes: teacher of distillation, baseline of evaluation. */
  baseline: Uint8Array;
  /** The models of the job so far, baseline first, the stage's input last. */
  history: readonly Uint8Array[];
  /** Models of the store that the options name, by digest: those that the pass's descriptor says it reads. */
  models?: ReadonlyMap<string, Uint8Array>;
  /** The job's data set; passes whose descriptor says they read data always get one. */
  data: Dataset | null;
  seed: number;
  threads: number;
  /**
   * Memory that the process may use, in MiB; absent for no limit. Passes divide their work to fit in; results then
   * differ by rounding alone.
   */
  memoryMb?: number;
  /** Whether modules that the options hold may be run: the operator of the server decides. */
  customMetrics?: boolean;
  /** A folder for files to keep beside the model; name them in the result. */
  outputPath: string;
  /**
   * A file that outlives a killed stage, for what a long pass needs to go on where it was; absent where nothing is
   * kept.
   */
  checkpointFile?: string;
  /** The job whose shorter training ended in what that file holds; absent where it is of the stage itself. */
  checkpointFrom?: string;
  /** Why what a stage before this one had kept could not be had; absent where nothing was lost. */
  checkpointLost?: string;
  /** How often at most that file is worth writing anew, in milliseconds. */
  checkpointMs?: number;
  /** `fraction` is in 0..1; `values` are plotted over the run (loss, learning rate). */
  progress(fraction: number, message?: string, values?: Record<string, number>): void;
  log(line: string): void;
}

export interface PassResult {
  /** The new model, or null when the pass only measured. */
  model: ModelProto | null;
  /** Every candidate left alone, and why. */
  skipped: Skipped[];
  /** Figures for the report. */
  summary: Record<string, unknown>;
  /** Names of files written to `outputPath`. */
  files?: string[];
  /** From evaluate alone: metrics of each model of the history, the stage's input last. */
  history?: import('#contracts').ModelMetrics[];
}

/** Something that keeps a pass from running. */
export interface Obstacle {
  /** The option at fault, such as `student.model`; empty for the model itself. */
  field: string;
  message: string;
}

/** What is known of a job besides its model before it is accepted. */
export interface Known {
  /** Models of the store that the options name, by digest. */
  models: ReadonlyMap<string, ModelProto>;
  /** What the data set holds; null where the job has none. */
  data: DatasetInspection | null;
}

/** A pass that stands before another in a recipe, its options with their defaults or without. */
export interface EarlierPass {
  pass: string;
  options: unknown;
}

/**
 * One transformation or measurement of a model. To add one: its options in contracts, this, its test, a line in
 * catalog.ts.
 */
export interface Pass<N extends PassName> {
  name: N;
  /** What the pass would leave alone in this model, without running anything: shown before a job is accepted. */
  preflight(model: ModelProto, options: PassOptions<N>): Skipped[];
  /**
   * Why the pass cannot run at all, as far as the job's model and the models of the store that the options name tell:
   * such a job is not accepted.
   */
  obstacles?(model: ModelProto, options: PassOptions<N>, models: ReadonlyMap<string, ModelProto>): Obstacle[];
  /** Why the pass cannot run behind those before it in its recipe, whatever the model: such a job is not accepted. */
  behind?(options: PassOptions<N>, earlier: readonly EarlierPass[]): Obstacle[];
  /**
   * The same as `obstacles`, from a run on generated samples and what is known of the data set; asked only where there is no obstacle.
   */
  trial?(model: ModelProto, options: PassOptions<N>, known: Known): Promise<Obstacle[]>;
  /** Throws a CompressionError when the model or data cannot be handled at all. */
  run(context: PassContext, options: PassOptions<N>): Promise<PassResult>;
}
