import type { BenchmarkInput, BenchmarkSettings, InputRows, ModelSamples } from '#contracts';

/** A model, or whatever a lease names. */
export interface Downloaded {
  digest: string;
  bytes: Uint8Array;
}

/** What models are fed: samples of the data set, or values made up from the seed. */
export interface BrowserFed {
  inputs: BenchmarkInput[];
  stored: { bytes: Uint8Array; rows: InputRows[] } | null;
}

/** What the page asks of the worker in which models run. */
export type MeasuringRequest =
  | { kind: 'about' }
  /** Whether a small model that is known to run runs; what is wrong where not. */
  | { kind: 'health' }
  | ({ kind: 'measure'; models: Downloaded[]; settings: BenchmarkSettings } & BrowserFed)
  /** Times all models at one combination of batch size and threads. */
  | ({ kind: 'throughput'; models: Downloaded[]; threads: number; seconds: number; seed: number } & BrowserFed);

/** What runs models here. */
export interface About {
  runtime: string;
  providers: string[];
}

export interface BrowserMeasurement {
  models: ModelSamples[];
  atSeconds: number[];
  blocks: number;
  seconds: number;
  stoppedBy: 'limits' | 'precision' | 'time';
  quick: boolean;
  clockResolutionMs: number;
  notes: string[];
}

export type MeasuringMessage =
  | { type: 'progress'; fraction: number }
  | { type: 'done'; answer: unknown }
  | { type: 'failed'; message: string };
