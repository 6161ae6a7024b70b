import { access } from 'node:fs/promises';

/** Whether there is a file or folder of the path that this process may see. */
export function exists(path: string): Promise<boolean> {
  const isThere = access(path).then(() => true);
  return isThere.catch(() => false);
}
