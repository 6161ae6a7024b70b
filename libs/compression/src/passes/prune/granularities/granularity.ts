import type { PruneOptions, Skipped } from '#contracts';
import type { Graph } from '#onnx';
import type { PassContext } from '../../../pass.js';
import type { Gains } from '../gains.js';

/** What was done to the context's model, before its gains are measured. */
export interface Applied {
  skipped: Skipped[];
  summary: Record<string, unknown>;
  /** Names of evidence written to the context's folder. */
  files?: string[];
  verdictOf(gains: Gains, before: Uint8Array, after: Uint8Array): string;
}

/** What is removed at once. To add one: its file, its line in granularities.ts, its name in the options. */
export interface Granularity {
  /** What it would leave alone, told from the graph alone, a copy with its constants lifted. */
  preflight(graph: Graph, options: PruneOptions): Skipped[];
  /** Whether tensors get smaller: that they still fit together is told by shapes seen on generated inputs. */
  changesShapes: boolean;
  /** Prunes the context's model in place. Throws PruneInputError for what the stage was not given. */
  apply(context: PassContext, options: PruneOptions): Promise<Applied>;
  /**
   * With option sensitivity: writes what each part costs by itself, before anything is removed; returns the names of
   * the files.
   */
  scan?(context: PassContext, options: PruneOptions): Promise<string[]>;
}
