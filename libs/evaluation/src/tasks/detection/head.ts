import type { DetectionOptions } from '#contracts';
import type { HostTensors } from '#inference';
import type { Detection } from './box.js';

/** Reads the boxes of a batch: those of each image, not suppressed yet. */
export interface Head {
  /** The outputs read, for the report. */
  output: string;
  decode(outputs: HostTensors, size: number): Detection[][];
}

/** Finds the outputs of a head among those of the first batch. Throws TaskOutputError. */
export type OpenHead = (outputs: HostTensors, size: number, options: DetectionOptions) => Head;
