import type { BenchmarkInput, BenchmarkSettings, NodeTiming } from '#contracts';
import type { StopReason } from '#measurement';
import type { RuntimeFacts } from '../machine/fingerprint.js';

/** What a process of the agent is asked; one request each, so that nothing of it colours the next. */
export interface Requests {
  /** What runs models here. */
  about: { kind: 'about' };
  /** Loads one model as a new process does, and looks at what it needs. */
  probe: { kind: 'probe'; model: string; inputs: BenchmarkInput[]; settings: BenchmarkSettings };
  /** Times all models together. */
  time: { kind: 'time'; models: string[]; inputs: BenchmarkInput[]; settings: BenchmarkSettings };
  /** Whether a small model that is known to run runs. */
  health: { kind: 'health' };
}

export interface Probe {
  coldLoadMs: number;
  warmLoadMs: number;
  firstRunMs: number;
  peakRssBytes: number | null;
  nodes: NodeTiming[] | null;
}

/** Steady runs of all models, thinned to what a result may carry. */
export interface Timing {
  samplesMs: number[][];
  runsPerSample: number[];
  blocks: number;
  seconds: number;
  stoppedBy: StopReason;
  quick: boolean;
  clockResolutionMs: number;
}

export interface Answers {
  about: RuntimeFacts;
  probe: Probe;
  time: Timing;
  health: null;
}

export type Kind = keyof Requests;

/** From the process to the agent. */
export type Message =
  | { type: 'progress'; fraction: number }
  | { type: 'done'; answer: unknown }
  | { type: 'failed'; code: string; message: string; permanent: boolean };
