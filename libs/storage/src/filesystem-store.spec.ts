import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describeArtifactStore, sha256 } from './artifact-store.conformance.js';
import { FilesystemStore } from './filesystem-store.js';

const run = promisify(execFile);
const compiled = pathToFileURL(resolve(import.meta.dirname, '../../../dist/libs/storage/src/filesystem-store.js')).href;
const blob = (root: string, digest: string): string =>
  join(root, 'blobs', digest.slice(0, 2), digest.slice(2, 4), digest);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'coldpress-store-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describeArtifactStore('the filesystem store', async () => ({
  open: () => FilesystemStore.open(join(root, 'conformance')),
  damage: (digest, bytes) => writeFile(blob(join(root, 'conformance'), digest), bytes),
}));

describe('the filesystem store', () => {
  it('mends a damaged artifact when the same bytes are put again', async () => {
    const store = await FilesystemStore.open(join(root, 'mend'));
    const bytes = randomBytes(1000);
    const { digest } = await store.put(bytes);
    await writeFile(blob(join(root, 'mend'), digest), randomBytes(1000));
    expect((await store.put(bytes)).deduplicated).toBe(false);
    expect((await buffer((await store.get(digest)).stream)).equals(bytes)).toBe(true);
  });

  it('leaves no part of an artifact when a process is killed, and sweeps up after it', async () => {
    const folder = join(root, 'killed');
    const program = `
      import { FilesystemStore } from ${JSON.stringify(compiled)};
      const store = await FilesystemStore.open(${JSON.stringify(folder)});
      await store.put((async function* () {
        yield Buffer.alloc(1 << 20);
        console.log('writing');
        await new Promise((resolve) => setTimeout(resolve, 60_000));
      })());`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const store = await FilesystemStore.open(folder);
    expect(await readdir(join(folder, 'blobs'))).toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toHaveLength(1);
    expect(await store.sweep(60_000)).toBe(0);
    expect(await store.sweep(0)).toBe(1);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('stores once what several processes put at a time', async () => {
    const folder = join(root, 'processes');
    const program = `
      import { FilesystemStore } from ${JSON.stringify(compiled)};
      const store = await FilesystemStore.open(${JSON.stringify(folder)});
      console.log(JSON.stringify(await store.put(Buffer.alloc(5_000_000, 7))));`;
    const outputs = await Promise.all(
      Array.from({ length: 3 }, () => run(process.execPath, ['--input-type=module', '-e', program])),
    );
    const stored = outputs.map(({ stdout }) => JSON.parse(stdout) as { digest: string; deduplicated: boolean });
    expect(new Set(stored.map(({ digest }) => digest))).toEqual(new Set([sha256(Buffer.alloc(5_000_000, 7))]));
    expect(stored.filter(({ deduplicated }) => !deduplicated)).toHaveLength(1);
  });

  it('says that the disk is full, keeps nothing, and works again once there is room', async () => {
    const disk = join(root, 'disk');
    const program = `
      import { readdir } from 'node:fs/promises';
      import { randomBytes } from 'node:crypto';
      import { FilesystemStore } from ${JSON.stringify(compiled)};
      const store = await FilesystemStore.open(${JSON.stringify(disk)});
      const small = await store.put(randomBytes(1000));
      const { code, transient } = await store.put(randomBytes(4 << 20)).catch((error) => error);
      const left = await readdir(${JSON.stringify(join(disk, 'tmp'))});
      const after = await store.put(randomBytes(500_000));
      console.log(JSON.stringify({ code, transient, left, small: await store.stat(small.digest), after: after.bytes }));`;
    expect(JSON.parse(await onSmallDisk(disk, program))).toEqual({
      code: 'store_full',
      transient: true,
      left: [],
      small: { bytes: 1000 },
      after: 500_000,
    });
  });
});

/** Runs a program that sees a disk of two megabytes at `path`, in a mount namespace of its own. */
async function onSmallDisk(path: string, program: string): Promise<string> {
  await mkdir(path);
  const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount'];
  const script = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$1" --input-type=module -e "$2"';
  return (await run('unshare', [...namespace, 'sh', '-c', script, path, process.execPath, program])).stdout;
}
