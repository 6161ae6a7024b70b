import { CompressionError } from '../errors.js';

/** An option needs something that this stage was not given. */
export class PruneInputError extends CompressionError {
  constructor(option: string, needs: string) {
    super('prune_input', `${option} needs ${needs}`);
  }
}
