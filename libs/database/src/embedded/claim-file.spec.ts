import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ClaimFile } from './claim-file.js';

const MODULE = join('dist', 'libs', 'database', 'src', 'embedded', 'claim-file.js');
const DEAD = JSON.stringify({ pid: 2 ** 22 + 1, startedAt: '1' });

describe('a file that names who holds a folder', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-claim-'));
    path = join(folder, 'lock');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('belongs to one of many processes that find the claim of a dead one at the same time, in each of 40 rounds', async () => {
    const code = join(folder, 'taker.mjs');
    await writeFile(
      code,
      `import { ClaimFile } from ${JSON.stringify(pathToFileURL(MODULE).href)};
      let mine;
      process.on('message', async ({ path, at }) => {
        while (Date.now() < at);
        const got = await ClaimFile.take(path);
        process.send(got instanceof ClaimFile);
        mine = got;
      });
      process.send('ready');`,
    );
    const takers = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const taker = fork(code);
        await once(taker, 'message');
        return taker;
      }),
    );
    try {
      for (let round = 0; round < 40; round++) {
        const file = join(folder, `lock-${round}`);
        await writeFile(file, DEAD);
        const at = Date.now() + 20;
        const answers = takers.map(async (taker) => {
          const answer = once(taker, 'message');
          taker.send({ path: file, at });
          return (await answer)[0] as boolean;
        });
        expect((await Promise.all(answers)).filter(Boolean)).toEqual([true]);
      }
    } finally {
      for (const taker of takers) taker.kill('SIGKILL');
    }
    expect((await readdir(folder)).filter((name) => !/^(taker\.mjs|lock-\d+)$/.test(name))).toEqual([]);
  });

  it('is taken over from one who died while he removed the claim of another dead one', async () => {
    await writeFile(path, DEAD);
    const taken = await ClaimFile.take(path);
    expect(taken).toBeInstanceOf(ClaimFile);
    const [turn] = (await readdir(folder)).filter((name) => name !== 'lock');
    expect(turn).toBeUndefined();
    // sha256 of DEAD names whose turn it is.
    await writeFile(path, DEAD);
    await writeFile(`${path}.${await nameOf(DEAD)}`, DEAD);
    expect(await ClaimFile.take(path)).toBeInstanceOf(ClaimFile);
    expect(await readdir(folder)).toEqual(['lock']);
  });

  it('belongs to nobody when it is empty or damaged', async () => {
    await writeFile(path, '');
    expect(await ClaimFile.take(path)).toBeInstanceOf(ClaimFile);
  });

  it('says which living process has it', async () => {
    await ClaimFile.take(path);
    expect(await ClaimFile.take(path)).toMatchObject({ pid: process.pid });
  });

  it('is released by its owner alone: the file of a later one stays', async () => {
    const first = await ClaimFile.take(path);
    await writeFile(path, DEAD);
    if (first instanceof ClaimFile) await first.release();
    expect(await readFile(path, 'utf8')).toBe(DEAD);
  });
});

async function nameOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(digest).toString('hex').slice(0, 16);
}
