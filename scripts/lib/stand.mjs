import { join } from 'node:path';
import { ROOT } from './run.mjs';

/**
 * npm runs scripts in the checkout and tells in INIT_CWD where the user stands: what the user names is relative to
 * that. The data folder of the local server stays that of the checkout unless another is named.
 */
export function standWhereTheUserDoes(environment = process.env) {
  if (!['coldpress', 'start'].includes(environment.npm_lifecycle_event ?? '')) return;
  environment.COLDPRESS_DATA ??= join(ROOT, '.coldpress');
  try {
    process.chdir(environment.INIT_CWD ?? ROOT);
  } catch {
    // The folder is gone: the checkout is as good as any.
  }
}
