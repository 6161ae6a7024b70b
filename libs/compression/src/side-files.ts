import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PassContext } from './pass.js';

/** How to make the content of a file; undefined where there is nothing to keep. */
export type Content = () => string | undefined;

/**
 * Writes files that are kept beside the model and returns the names of those that there are. A table that cannot be
 * written or a plot that cannot be drawn, as on a full disk, is said in the log and left out: the result of the pass
 * does not depend on it.
 */
export async function writeSideFiles(
  { outputPath, log }: Pick<PassContext, 'outputPath' | 'log'>,
  contents: Readonly<Record<string, Content>>,
): Promise<string[]> {
  const written: string[] = [];
  for (const [name, content] of Object.entries(contents)) {
    try {
      const text = content();
      if (text === undefined) continue;
      await writeFile(join(outputPath, name), text);
      written.push(name);
    } catch (error) {
      log(`warning: ${name} is not kept: ${(error as Error).message}`);
    }
  }
  return written;
}
