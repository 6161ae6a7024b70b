import { writeFile } from 'node:fs/promises';
import type { ModelMetrics, Skipped, StageMetrics } from '#contracts';

/** What one pass made of a model. Given to another pass in place of a model, it is the next stage of the same work. */
export class PassOutcome {
  constructor(
    /** The model as an ONNX file: a new one, or that which the pass was given where it only measures. */
    readonly bytes: Uint8Array,
    /** The models so far: the one that the work began with first, then one for each pass before this one. */
    readonly history: readonly Uint8Array[],
    private readonly found: Findings,
  ) {}

  /** Whether the pass changed the model. */
  get isChanged(): boolean {
    return this.found.isChanged;
  }

  /** Figures of the model: sizes and counts, and after `evaluate` quality and latency. */
  get metrics(): StageMetrics {
    return this.found.metrics.at(-1) ?? this.found.sizes;
  }

  /** From `evaluate`: figures of every model of the work, the first one first. */
  get compared(): readonly ModelMetrics[] {
    return this.found.metrics;
  }

  /** Every node that was left alone, and why. */
  get skipped(): readonly Skipped[] {
    return this.found.skipped;
  }

  /** What the pass says of its work, as in the report of a job. */
  get summary(): Readonly<Record<string, unknown>> {
    return this.found.summary;
  }

  /** Files that the pass wrote beside the model, by name. */
  get files(): ReadonlyMap<string, Uint8Array> {
    return this.found.files;
  }

  /** Writes the model. Errors of the file system pass through. */
  async save(path: string): Promise<void> {
    await writeFile(path, this.bytes);
  }
}

export interface Findings {
  isChanged: boolean;
  sizes: StageMetrics;
  metrics: readonly ModelMetrics[];
  skipped: readonly Skipped[];
  summary: Readonly<Record<string, unknown>>;
  files: ReadonlyMap<string, Uint8Array>;
}
