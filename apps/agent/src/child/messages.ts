import type { BenchmarkInput, BenchmarkSettings, InputRows, NodeTiming } from '#contracts';
import type { StopReason } from '#measurement';
import type { RuntimeFacts } from '../machine/fingerprint.js';

/** Samples of a data set on the disk of the device. */
export interface StoredInputs {
  path: string;
  rows: InputRows[];
}

/** What models are fed: values made up from the seed where nothing is stored. */
export interface Fed {
  inputs: BenchmarkInput[];
  stored: StoredInputs | null;
}

/** What a process of the agent is asked; one request each, so that nothing of it colours the next. */
export interface Requests {
  /** What runs models here. */
  about: { kind: 'about' };
  /** Loads one model of so many as a new process does, and looks at what it needs. */
  probe: { kind: 'probe'; model: string; models: number; settings: BenchmarkSettings } & Fed;
  /** Times all models together. */
  time: { kind: 'time'; models: string[]; settings: BenchmarkSettings } & Fed;
  /** Times all models together at one combination of batch size and threads. */
  throughput: { kind: 'throughput'; models: string[]; threads: number; seconds: number; seed: number } & Fed;
  /** Runs each model alone for windows of some length, and tells where each begins and ends. */
  windows: { kind: 'windows'; models: string[]; windows: number; seconds: number; settings: BenchmarkSettings } & Fed;
  /** Whether a small model that is known to run runs. */
  health: { kind: 'health' };
}

export interface ChildProbe {
  coldLoadMs: number;
  warmLoadMs: number;
  firstRunMs: number;
  peakRssBytes: number | null;
  nodes: NodeTiming[] | null;
}

/** Steady runs of all models, thinned to what a result may carry. */
export interface ChildTiming {
  samplesMs: number[][];
  /** When each began, in seconds from the first. */
  atSeconds: number[];
  runsPerSample: number[];
  blocks: number;
  seconds: number;
  stoppedBy: StopReason;
  quick: boolean;
  clockResolutionMs: number;
}

export interface AnswersByKind {
  about: RuntimeFacts;
  probe: ChildProbe;
  time: ChildTiming;
  throughput: number[][];
  windows: null;
  health: null;
}

export type Kind = keyof Requests;

/** A window begins: of idleness, or of runs of the model at a place. It ends with the next one, or with the answer. */
export interface WindowEdge {
  type: 'window';
  /** Null while nothing is run, which is between windows and first of all. */
  model: number | null;
  /** Runs of the window that ends here. */
  runs: number;
}

/** From the process to the agent. */
export type Message =
  | { type: 'progress'; fraction: number }
  | WindowEdge
  | { type: 'done'; answer: unknown }
  | { type: 'failed'; code: string; message: string; permanent: boolean };
