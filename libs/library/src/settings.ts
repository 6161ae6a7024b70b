import { availableParallelism } from 'node:os';

/** What a call says besides the options of its pass. */
export interface Settings {
  /** The data: a folder with a dataset.yaml, or the manifest itself. */
  data?: string;
  /** Decides every random choice; 0 where it is left out. */
  seed?: number;
  /** Threads of the runtime; all of the machine where it is left out. */
  threads?: number;
  /** Memory that the pass may use, in MiB; it then works in smaller steps. */
  memoryMb?: number;
  /** Whether the options may hold modules that compute figures of your own, which are run. */
  customMetrics?: boolean;
  /** Called as the pass goes on; `fraction` is in 0..1. */
  progress?(fraction: number, message?: string): void;
  /** Called with what the pass has to say. */
  log?(line: string): void;
}

export const threadsOf = ({ threads }: Settings): number => threads ?? availableParallelism();
