import { rename, rm } from 'node:fs/promises';

/**
 * Puts a finished folder in the place of another, which is whole until then; without a finished one the other stays.
 */
export async function swapFolder(finished, place) {
  const before = `${place}-before-${process.pid}`;
  const hadOne = await rename(place, before).then(
    () => true,
    () => false,
  );
  try {
    await rename(finished, place);
  } catch (error) {
    if (hadOne) await rename(before, place);
    throw error;
  }
  await rm(before, { recursive: true, force: true });
}
