import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readReport } from '#report';
import { COMMAND, EXAMPLE, startApp, type TestApp } from './app.js';
import { openPage, type OpenPage } from './browser.js';
import { auditOf } from './dashboard-audit.js';

const SHOTS = resolve(__dirname, '../test-results');
const RECIPE = `name: digits, int8
passes:
  - pass: prune
    options: { granularity: weight, ratio: 0.5 }
  - pass: quantize
    options: { samples: 32 }
  - pass: evaluate
    options: { samples: 100, latencyRuns: 10, resamples: 100 }
    gates: [{ metric: bytes, maxRatio: 0.3 }]
gates:
  - { metric: top1, maxDrop: 0.01, confidence: 0.95 }
`;

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

describe('the report of a job', () => {
  let app: TestApp;
  let folder: string;
  let open: OpenPage;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-report-'));
    app = await startApp();
    await writeFile(join(folder, 'recipe.yaml'), RECIPE);
    const model = join(EXAMPLE, 'seed-net.onnx');
    const ran = await coldpress('run', 'recipe.yaml', '--model', model, '--data', EXAMPLE);
    expect(ran).toMatchObject({ code: 0 });
    open = await openPage();
  });
  afterAll(async () => {
    await open?.close();
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function coldpress(...words: string[]): Promise<Outcome> {
    return new Promise((done) => {
      execFile(process.execPath, [COMMAND, '--data', app.data, ...words], { cwd: folder }, (error, stdout, stderr) => {
        done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      });
    });
  }
  const written = async (name: string, ...flags: string[]) => {
    expect(await coldpress('report', 'latest', ...flags, '-o', name)).toMatchObject({ code: 0, stderr: '' });
    return readFile(join(folder, name), 'utf8');
  };

  it('is had as JSON, as a model card, as a page and in the shape of MLPerf Tiny', async () => {
    const report = readReport(await written('report.json', '--json'));
    expect(report).toMatchObject({ title: 'digits, int8', reproduction: { model: { name: 'seed-net.onnx' } } });
    expect(report.stages.map(({ passVersion }) => passVersion > 0)).toEqual([true, true, true]);
    expect(report.gates.map(({ stage, passed }) => [stage, passed])).toEqual([[2, true], [undefined, true]]); // prettier-ignore
    expect(await written('card.md', '--markdown')).toMatch(/^# digits, int8\n[^]*## Quality[^]*## Reproduction/);
    expect(JSON.parse(await written('tiny.json', '--mlperf'))).toMatchObject({ results: [{ division: 'open' }, {}] });
    expect(readReport(await written('report.html', '--html')).job).toBe(report.job);
    const answer = await fetch(`${app.url}/v1/jobs/${report.job}/report`, {
      headers: { accept: 'text/html', authorization: `Bearer ${app.apiKey}` },
    });
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.headers.get('content-disposition')).toContain('attachment');
  });

  it('is a page that opens from a file, shows every layer before and after, and has no fault that axe finds', async () => {
    const html = await written('page.html', '--html');
    const { page, problems } = open;
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(join(folder, 'page.html')).href);
    expect(await page.title()).toBe('digits, int8');
    const graph = page.locator('#graph');
    expect(await graph.locator('text').allTextContents()).toContainEqual(expect.stringMatching(/^Conv .*8 bit$/));
    await graph.focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('#layer').textContent()).toMatch(
      /^Before: Conv .*After: Conv .*left alone by 2 quantize: /,
    );
    await page.getByLabel('zeros').check();
    expect(await graph.locator('text').allTextContents()).toContainEqual(
      expect.stringMatching(/^(Conv|Gemm) .* \d+ %$/),
    );
    await page.screenshot({ path: join(SHOTS, 'report.png'), fullPage: true });
    await page.getByText('The same as a table').click();
    await page.locator('#layers tbody tr').first().waitFor();
    expect(await page.locator('#layers tbody tr').count()).toBeGreaterThan(5);
    expect(await auditOf(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: join(SHOTS, 'report-dark.png'), fullPage: true });
    expect({ problems, requests: requests.length, bytes: html.length < 2_000_000 }).toEqual({
      problems: [],
      requests: 1,
      bytes: true,
    });
  });

  it('is had by the commands of docs/evaluation.md, and replayed: every model comes out again, nothing from the cache', async () => {
    const page = await readFile(resolve(__dirname, '../docs/evaluation.md'), 'utf8');
    const [, block = ''] = /^```sh\n([^]*?)^```/m.exec(page) ?? [];
    await copyFile(join(EXAMPLE, 'seed-net.onnx'), join(folder, 'net.onnx'));
    await mkdir(join(folder, 'data'));
    for (const file of ['dataset.yaml', 'mnist-train.npz', 'mnist-test.npz'])
      await copyFile(join(EXAMPLE, file), join(folder, 'data', file));
    const lines = block.trim().split('\n');
    let last = '';
    for (const line of lines) {
      const [, ...words] = line.split(' ');
      const outcome = await coldpress(...words);
      expect({ line, ...outcome }).toMatchObject({ code: 0 });
      last = outcome.stdout;
    }
    expect(lines).toHaveLength(6);
    expect(last).toContain('every model came out again, bit by bit');
    const { items } = await app.client.listJobs({ limit: 1 });
    const job = await app.client.getJob({ id: items[0]?.id ?? '' });
    expect(job.name).toBe('replay of digits, int8');
    expect(job.stages.map(({ cached }) => cached)).toEqual([false, false, false]);
  });

  it('of other digests is told so', async () => {
    const report = readReport(await written('changed.json', '--json'));
    const models = report.reproduction.models.map((digest, index) => (index === 0 ? 'f'.repeat(64) : digest));
    const versions = { ...report.reproduction.versions, node: '18.0.0' };
    const changed = { ...report, reproduction: { ...report.reproduction, models, versions } };
    await writeFile(join(folder, 'changed.json'), JSON.stringify(changed));
    const { code, stdout } = await coldpress('replay', 'changed.json');
    expect(code).toBe(1);
    expect(stdout).toMatch(/1 prune\s+ffffffffffff\s+\w{12}\s+DIFFERENT\n2 quantize\s+(\w{12})\s+\1\s+same/);
    expect(stdout).toMatch(/node: 18\.0\.0 before, .* now\nnot every model came out again/);
    await writeFile(join(folder, 'none.json'), '{}');
    expect(await coldpress('replay', 'none.json')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no report'),
    });
  });
});
