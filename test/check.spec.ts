import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { changedFiles } from '../scripts/lib/changed-files.mjs';
import { nearSpecs } from '../scripts/lib/near-specs.mjs';

const execute = promisify(execFile);
const SPECS = ['libs/onnx/src/graph.spec.ts', 'libs/onnx/src/model.spec.ts', 'apps/api/src/jobs/report.spec.ts'];

describe('npm run check', () => {
  it.each([
    ['a spec itself', 'libs/onnx/src/model.spec.ts', ['libs/onnx/src/model.spec.ts']],
    ['the spec beside a file', 'libs/onnx/src/graph.ts', ['libs/onnx/src/graph.spec.ts']],
    ['all specs of the folder of a file without one', 'apps/api/src/jobs/preflights.ts', [SPECS[2]]],
    ['none for what is no code', 'docs/recipe.md', []],
  ])('runs %s', (_what, changed, near) => {
    expect(nearSpecs([changed], SPECS)).toEqual({ near, slow: [], untested: [] });
  });

  it('names what it leaves to others: specs with servers, and files without a spec', () => {
    const changed = ['test/worker.spec.ts', 'libs/search/src/space.ts'];
    const expected = { near: [], slow: ['test/worker.spec.ts'], untested: ['libs/search/src/space.ts'] };
    expect(nearSpecs(changed, SPECS)).toEqual(expected);
  });

  describe('asks git', () => {
    let folder: string;
    const git = (...args: string[]) =>
      execute('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder });
    const write = async (path: string, text = path) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    };
    const commit = async (message: string) => {
      await git('add', '-A');
      await git('commit', '-qm', message);
    };

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'coldpress-check-'));
      await git('init', '-q', '-b', 'main');
      for (const path of ['kept.ts', 'edited.ts', 'deleted.ts']) await write(path);
      await commit('first');
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    it('for what differs from where the work left main, committed or not, and nothing that main did since', async () => {
      await git('checkout', '-qb', 'work');
      await write('committed.ts');
      await git('rm', '-q', 'deleted.ts');
      await commit('work');
      await git('checkout', '-q', 'main');
      await write('of-others.ts');
      await commit('theirs');
      await git('checkout', '-q', 'work');
      await write('edited.ts', 'other text');
      await write('new folder/untracked é.ts');
      expect(await changedFiles(folder)).toEqual(['committed.ts', 'edited.ts', 'new folder/untracked é.ts']);
    });

    it('on main itself, for what is not committed', async () => {
      expect(await changedFiles(folder)).toEqual([]);
      await write('edited.ts', 'other text');
      expect(await changedFiles(folder)).toEqual(['edited.ts']);
    });

    it('and does without a branch of that name', async () => {
      await git('branch', '-m', 'trunk');
      await write('edited.ts', 'other text');
      expect(await changedFiles(folder)).toEqual(['edited.ts']);
    });
  });
});
