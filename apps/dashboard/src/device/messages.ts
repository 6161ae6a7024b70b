import type { BenchmarkInput, BenchmarkSettings, ModelSamples } from '#contracts';

/** What the page asks of the worker in which models run. */
export type Request =
  | { kind: 'about' }
  | {
      kind: 'measure';
      models: { digest: string; bytes: Uint8Array }[];
      inputs: BenchmarkInput[];
      settings: BenchmarkSettings;
    };

/** What runs models here. */
export interface About {
  runtime: string;
  providers: string[];
}

export interface Measured {
  models: ModelSamples[];
  blocks: number;
  seconds: number;
  stoppedBy: 'limits' | 'precision' | 'time';
  quick: boolean;
  clockResolutionMs: number;
  notes: string[];
}

export type Message =
  | { type: 'progress'; fraction: number }
  | { type: 'done'; answer: unknown }
  | { type: 'failed'; message: string };
