import { checkedBytes, OtherBytesError } from './checked-bytes.js';

/** Bytes of all files together; what was used longest ago goes first. */
export const MOST_KEPT_BYTES = 512 * 1024 ** 2;

const DATABASE = 'coldpress-device';
const [FILES, USES] = ['files', 'uses'];

/** When a file was used last, beside its bytes, so that nobody reads those to know it. */
interface Use {
  digest: string;
  bytes: number;
  usedMs: number;
}

/**
 * Files of leases by digest in the browser's own database, which pages over plain HTTP have as well. Their bytes are held
 * against the digest at each use.
 */
export class KeptFiles {
  private constructor(
    private readonly database: IDBDatabase,
    private readonly mostBytes: number,
  ) {}

  /** Null where the browser gives the page no room, as in some private windows. */
  static async open(mostBytes = MOST_KEPT_BYTES): Promise<KeptFiles | null> {
    try {
      const asked = indexedDB.open(DATABASE, 1);
      asked.addEventListener('upgradeneeded', () => {
        asked.result.createObjectStore(FILES);
        asked.result.createObjectStore(USES, { keyPath: 'digest' });
      });
      return new KeptFiles(await answered(asked), mostBytes);
    } catch {
      return null;
    }
  }

  /** The bytes of a file; null where it is not kept, or is another one than its digest says, which is removed. */
  async get(digest: string): Promise<Uint8Array<ArrayBuffer> | null> {
    const kept = await answered(this.store(FILES, 'readonly').get(digest) as IDBRequest<ArrayBuffer | undefined>);
    if (kept === undefined) return null;
    try {
      const bytes = await checkedBytes(new Uint8Array(kept), digest);
      await answered(this.store(USES).put(useOf(digest, bytes)));
      return bytes;
    } catch (error) {
      if (!(error instanceof OtherBytesError)) throw error;
      await this.remove(digest);
      return null;
    }
  }

  /** Keeps a file, unless it alone is more than the limit. Throws DOMException where the browser has no room for it. */
  async keep(digest: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (bytes.length > this.mostBytes) return;
    const uses = await answered(this.store(USES, 'readonly').getAll() as IDBRequest<Use[]>);
    let room = this.mostBytes - bytes.length - uses.reduce((sum, use) => sum + use.bytes, 0);
    for (const use of uses.toSorted((a, b) => a.usedMs - b.usedMs)) {
      if (room >= 0) break;
      await this.remove(use.digest);
      room += use.bytes;
    }
    // Uses first: a file that nothing tells of would never go.
    await answered(this.store(USES).put(useOf(digest, bytes)));
    await answered(this.store(FILES).put(bytes.slice().buffer, digest));
  }

  private async remove(digest: string): Promise<void> {
    await answered(this.store(FILES).delete(digest));
    await answered(this.store(USES).delete(digest));
  }

  private store(name: string, mode: IDBTransactionMode = 'readwrite'): IDBObjectStore {
    return this.database.transaction(name, mode).objectStore(name);
  }
}

const useOf = (digest: string, bytes: Uint8Array): Use => ({ digest, bytes: bytes.length, usedMs: Date.now() });

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('the database of the browser failed')));
  });
}
