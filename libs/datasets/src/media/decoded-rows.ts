import type { Rows } from '../rows.js';
import { TemporaryFile } from '../temporary-file.js';

/** Files that are decoded at the same time. */
const AT_A_TIME = 4;

/**
 * Rows that are decoded when they are first asked for and kept in a temporary file, so that memory does not grow and
 * nothing is decoded twice. `decode` makes the bytes of one row, or of `group` rows that come out of one file.
 */
export async function decodedRows(
  rowBytes: number,
  group: number,
  decode: (index: number) => Promise<Uint8Array>,
): Promise<Rows> {
  const file = await TemporaryFile.create();
  const known = new Map<number, Promise<void>>();
  const decoded = (index: number): Promise<void> => {
    const running = known.get(index) ?? decode(index).then((bytes) => file.write(bytes, index * group * rowBytes));
    known.set(index, running);
    return running;
  };
  return {
    async load(rows) {
      const wanted = [...new Set(Array.from(rows, (row) => Math.floor(row / group)))];
      for (let at = 0; at < wanted.length; at += AT_A_TIME)
        await Promise.all(wanted.slice(at, at + AT_A_TIME).map(decoded));
    },
    read: (row, target) => file.read(target, row * rowBytes),
    close: () => file.close(),
  };
}
