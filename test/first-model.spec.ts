import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { all } from '#client';
import type { Job } from '#contracts';
import { EXAMPLE, startApp, type TestApp } from './app.js';

const ROOT = resolve(__dirname, '..');

describe('docs/first-model.md, followed to the letter in a folder of its own', () => {
  let app: TestApp;
  let folder: string;
  let page: string;

  beforeAll(async () => {
    page = await readFile(join(ROOT, 'docs/first-model.md'), 'utf8');
    folder = await mkdtemp(join(tmpdir(), 'coldpress-first-model-'));
    app = await startApp();
    await mkdir(join(folder, 'data'));
    await copyFile(join(__dirname, 'first-model/net.onnx'), join(folder, 'net.onnx'));
    for (const split of ['train', 'test']) {
      await copyFile(join(EXAMPLE, `mnist-${split}.npz`), join(folder, 'data', `${split}.npz`));
    }
    const [manifest = '', recipe = ''] = blocks('yaml');
    await writeFile(join(folder, 'data/dataset.yaml'), manifest);
    await writeFile(join(folder, 'recipe.yaml'), recipe);
  });
  afterAll(async () => {
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const blocks = (language: string) =>
    [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);

  function shell(script: string): Promise<{ code: number; stdout: string; stderr: string }> {
    const environment = { PATH: process.env['PATH'], HOME: folder, COLDPRESS_DATA: app.data };
    return new Promise((done) => {
      execFile('bash', ['-e', '-c', script], { cwd: folder, env: environment }, (error, stdout, stderr) => {
        done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      });
    });
  }

  it('has at most 120 lines', () => {
    expect(page.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
  });

  it('leads to a small model that meets its gates', async () => {
    const script = ['shopt -s expand_aliases', ...blocks('sh')].join('\n').replaceAll('~/coldpress', `'${ROOT}'`);
    const { code, stdout, stderr } = await shell(script.replaceAll(/alias coldpress='(.*)'$/gm, aliasOf));
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^model: int8\.onnx$/m);
    expect(stdout).toMatch(/^model: small\.onnx$/m);
    expect(stderr).not.toMatch(/npm warn/);

    const before = (await readFile(join(folder, 'net.onnx'))).length;
    expect((await readFile(join(folder, 'small.onnx'))).length).toBeLessThan(before / 4);
    expect(await readFile(join(folder, 'report.md'), 'utf8')).toMatch(/digits for the device|quantize/);
    const [newest] = await newestJobs();
    expect(newest?.gatesPassed).toBe(true);
  });

  /** A function instead of the alias: what is quoted in it may hold quotes. */
  const aliasOf = (_line: string, words: string) => `coldpress() { ${words} "$@"; }`;

  async function newestJobs(): Promise<Pick<Job, 'gatesPassed'>[]> {
    const jobs = [];
    for await (const job of all(app.client.listJobs, { limit: 1 })) {
      jobs.push(job);
      break;
    }
    return jobs;
  }
});
