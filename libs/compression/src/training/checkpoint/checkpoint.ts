import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { DamagedCheckpointError } from '../errors.js';

/** A run between two steps: enough to go on as if it had never stopped. */
export interface Checkpoint {
  /** What the run is; a checkpoint of another run is not taken up. */
  run: string;
  /** Epochs that are done. */
  epochs: number;
  /** Steps of each trainer, by its name. */
  steps: Record<string, number>;
  /** State vectors by name. */
  vectors: Map<string, Float32Array>;
  /** What else each training of the run needs to go on. */
  memo: unknown[];
}

interface Header extends Omit<Checkpoint, 'vectors'> {
  vectors: { name: string; length: number }[];
}

const LENGTH_BYTES = 4;

/** Writes a checkpoint so that a kill at any moment leaves the old one or the new one whole. */
export async function saveCheckpoint(file: string, { vectors, ...rest }: Checkpoint): Promise<void> {
  const sizes = [...vectors].map(([name, { length }]) => ({ name, length }));
  const header: Header = { ...rest, vectors: sizes };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
  const data = [...vectors.values()].map(bytesOf);
  try {
    await writeFile(`${file}.new`, Buffer.concat([length, text, ...data]));
    await rename(`${file}.new`, file);
  } catch (error) {
    // Half a checkpoint would keep a full disk full.
    await rm(`${file}.new`, { force: true }).catch(() => undefined);
    throw error;
  }
}

/**
 * The checkpoint of this run in the file, or null: none was written, or it belongs to another run. Throws
 * DamagedCheckpointError.
 */
export async function loadCheckpoint(file: string, run: string): Promise<Checkpoint | null> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!bytes) return null;
  const { header, end } = headerOf(bytes);
  if (header.run !== run) return null;
  const expected = header.vectors.reduce((sum, { length }) => sum + length * Float32Array.BYTES_PER_ELEMENT, end);
  if (bytes.length !== expected)
    throw new DamagedCheckpointError(`it holds ${bytes.length} bytes where ${expected} were written`);
  // Copied, because the header leaves the floats at any alignment.
  const floats = new Float32Array(Uint8Array.from(bytes.subarray(end)).buffer);
  let offset = 0;
  const vectors = header.vectors.map(({ name, length }): [string, Float32Array] => {
    offset += length;
    return [name, floats.slice(offset - length, offset)];
  });
  return { ...header, vectors: new Map(vectors) };
}

function headerOf(bytes: Buffer): { header: Header; end: number } {
  try {
    const end = LENGTH_BYTES + bytes.readUInt32LE();
    return { header: JSON.parse(bytes.toString('utf8', LENGTH_BYTES, end)) as Header, end };
  } catch (cause) {
    throw new DamagedCheckpointError('its header cannot be read', { cause });
  }
}
