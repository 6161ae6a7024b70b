import { patiently, UnreachableError } from '#client';
import { tellLost } from './lost.js';

/**
 * A file of the page that is loaded when it is needed: where the server is away, as soon as it is back. Throws what the
 * browser says where the server answers and the file is not to be had, as after another version was installed.
 */
export async function loaded<T>(load: () => Promise<T>): Promise<T> {
  const onBreak = ({ message }: Error) => tellLost(load, message);
  try {
    return await patiently(() => load().catch(() => loadedAgain(load)), { onBreak });
  } finally {
    tellLost(load, null);
  }
}

async function loadedAgain<T>(load: () => Promise<T>): Promise<T> {
  await fetch('/health').catch((cause: unknown) => {
    throw new UnreachableError('', cause);
  });
  return load();
}
