import type { Random } from '#numbers';
import type { History } from '../history/history.js';
import type { ParameterValues } from '../space/parameter.js';
import type { Space } from '../space/space.js';

/** Decides what to try next from what is known. Pure: the space, the history and the random numbers decide alone. */
export interface Sampler {
  /**
   * The next assignment; null when the sampler has no more to try. Running trials are in the history: their results are
   * still open.
   */
  propose(space: Space, history: History, random: Random): ParameterValues | null;
}
