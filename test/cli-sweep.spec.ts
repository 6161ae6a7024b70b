import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sweep, SweepForecast, SweepResults, Trial } from '#contracts';
import { COMMAND, EXAMPLE, startApp, type TestApp } from './app.js';

/** Six trials, of which those of one ratio share a stage. */
const SWEEP = `name: seed-net by bits and ratio
seed: 1
passes:
  - pass: prune
    options: { granularity: weight, ratio: { grid: [0.3, 0.6, 0.9] } }
  - pass: quantize
    options: { samples: 16, weightBits: { grid: [8, 4] } }
  - pass: evaluate
    options: { samples: 200, latencyRuns: 20 }
objectives:
  - metric: compressedBytes
  - metric: top1
constraints:
  - { metric: top1, maxDrop: 0.5 }
limits: { parallel: 2 }
`;

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** A sweep from the command line alone, as apps/cli/README.md shows it. */
describe('coldpress sweep', () => {
  let app: TestApp;
  let folder: string;
  const sweep = 'sweep.yaml';
  const inputs = ['--model', join(EXAMPLE, 'seed-net.onnx'), '--data', EXAMPLE];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-cli-sweep-'));
    await writeFile(join(folder, sweep), SWEEP);
    app = await startApp();
  });
  afterAll(async () => {
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const coldpress = (...words: string[]): Promise<Outcome> => run(['sweep', ...words]);
  function run(words: readonly string[], onError: (text: string) => void = () => undefined): Promise<Outcome> {
    const environment = { PATH: process.env['PATH'], COLDPRESS_URL: app.url, COLDPRESS_API_KEY: app.apiKey };
    return new Promise((resolve) => {
      const settings = { env: environment, cwd: folder };
      const child = execFile(process.execPath, [COMMAND, ...words], settings, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
      );
      child.stderr?.on('data', onError);
    });
  }
  /** A folder with the example's data set, but for most of its digits. */
  async function fewDigits(): Promise<string> {
    const digits = join(folder, 'digits');
    await mkdir(digits);
    const manifest = await readFile(join(EXAMPLE, 'dataset.yaml'), 'utf8');
    const splits = [
      'splits:',
      '  calibration: { file: mnist-train.npz, count: 32 }',
      '  train: { file: mnist-train.npz, count: 64 }',
      '  test: { file: mnist-test.npz, count: 60 }',
    ];
    await writeFile(join(digits, 'dataset.yaml'), manifest.replace(/^splits:[^]*$/m, `${splits.join('\n')}\n`));
    for (const name of ['mnist-train.npz', 'mnist-test.npz']) await copyFile(join(EXAMPLE, name), join(digits, name));
    return digits;
  }
  const json = async <T>(...words: string[]): Promise<T> => {
    const { stdout, stderr } = await coldpress(...words, '--json');
    if (stdout === '') throw new Error(`${words.join(' ')}: ${stderr}`);
    return JSON.parse(stdout) as T;
  };

  it('foretells what a sweep takes, and launches nothing', async () => {
    const { code, stdout } = await coldpress('check', sweep, ...inputs);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('6 trials by grid: 18 stages, 15 of them distinct') as string,
    });
    expect((await json<SweepForecast>('check', sweep, ...inputs)).trials).toBe(6);
    expect((await coldpress('ls')).stdout).not.toContain('seed-net');
  });

  it('runs one to its end, and shows trials, what it took and its front', async () => {
    const { code, stdout, stderr } = await coldpress('run', sweep, ...inputs);
    expect({ code, stderr: stderr.slice(-500) }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^sweep [0-9a-f-]{36} {2}http.+\/#\/sweeps\//);
    expect(stderr.match(/trial \d complete: prune\.ratio [\d.]+, quantize\.weightBits \d/g)?.length).toBe(6);
    expect(stdout).toContain('finished: 6 of 6 trials, 6 hold the constraints');
    expect(stdout).toMatch(
      /front: no other feasible trial[^]+trial +state +prune\.ratio +quantize\.weightBits +compressed +top-1/,
    );
  });

  it('lists and shows it, its trials and its front, as text and as JSON', async () => {
    expect((await coldpress('ls')).stdout).toMatch(/finished +6 of 6 +6 +seed-net by bits and ratio/);
    expect((await json<Sweep>('get', 'latest')).state).toBe('finished');
    expect((await coldpress('get', 'seed-net by bits and ratio')).stdout).toContain('stages computed of 18');
    expect((await json<Trial[]>('trials', 'latest')).length).toBe(6);
    const { front } = await json<SweepResults>('front', 'latest');
    expect((await coldpress('front', 'latest')).stdout.trim().split('\n').length).toBe(front.length + 2);
    // What was before is a line and not the trials anew.
    const watched = await coldpress('watch', 'latest');
    expect(watched).toMatchObject({ code: 0, stderr: 'so far finished: 6 of 6 trials, 6 hold the constraints\n' });
  });

  it('exports the trials, and promotes one to a named model', async () => {
    expect((await coldpress('export', 'latest', '-o', 'trials.csv')).code).toBe(0);
    expect((await readFile(join(folder, 'trials.csv'), 'utf8')).trim().split('\n').length).toBe(7);
    expect(JSON.parse((await coldpress('export', 'latest', '--format', 'json')).stdout)).toHaveProperty('trials');
    expect((await coldpress('promote', 'latest', '0', '--name', 'the small one')).stdout).toMatch(
      /^[0-9a-f]{64} {2}the small one/,
    );
  });

  it('says what is wrong with a sweep, an assignment or a change, and what to do', async () => {
    await writeFile(join(folder, 'wrong.yaml'), SWEEP.replace('quantize', 'quantise'));
    const wrong = await coldpress('run', 'wrong.yaml', ...inputs);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('quantize') as string });
    expect(await coldpress('extend', 'latest')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--trials') as string,
    });
    expect(await coldpress('add', 'latest', 'prune.ratio')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('write it as prune.ratio=0.5') as string,
    });
    expect((await coldpress('pause', 'latest')).code).toBe(1);
  });

  it('finds a model for bounds alone, with its recipe and what it is on samples that the search did not see', async () => {
    const bounds = ['--data', await fewDigits(), '--max-drop', '100', '--name', 'pressed', '-o', 'pressed.onnx'];
    let told: (id: string) => void = () => undefined;
    const launched = new Promise<string>((resolve) => (told = resolve));
    const pressed = run(['press', join(EXAMPLE, 'seed-net.onnx'), ...bounds], (text) => {
      const [, id] = /^sweep ([0-9a-f-]{36})/m.exec(text) ?? [];
      if (id !== undefined) told(id);
    });
    const id = await launched;
    await app.client.changeSweep({ id, body: { trials: 1 } });
    // What runs beside the first trial when the limit comes would only be waited for, unless it has ended.
    for (const trial of (await app.client.listTrials({ id })).items)
      if (trial.number > 0 && trial.jobId !== null)
        await app.client
          .cancelJob({ id: trial.jobId })
          .catch((error: { code?: string }) => expect(error.code).toBe('job_state'));
    const { code, stdout, stderr } = await pressed;
    expect({ code, stderr: stderr.slice(-500) }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(
      /recipe:\n[^]+pass: quantize[^]+on samples that the search did not see:\npass {2}top-1 accuracy is/,
    );
    const { verification } = await app.client.getSweep({ id });
    const { items } = await app.client.listTrials({ id });
    const best = items.find(({ number }) => number === verification.at(-1)?.number);
    const file = await readFile(join(folder, 'pressed.onnx'));
    expect(createHash('sha256').update(file).digest('hex')).toBe(best?.modelDigest);
  });

  it('launches, pauses, changes, resumes, stops and cancels one that goes on', async () => {
    const document = SWEEP.replace('grid: [0.3, 0.6, 0.9]', 'min: 0.1, max: 0.9').replace(
      'by bits',
      'without end by bits',
    );
    await writeFile(join(folder, 'long.yaml'), document.replace('parallel: 2', 'parallel: 1, trials: 5000'));
    const { stdout } = await coldpress('run', 'long.yaml', ...inputs, '--detach');
    const id = stdout.trim();
    expect((await json<Sweep>('pause', id)).state).toBe('paused');
    expect((await json<Sweep>('extend', id, '--trials', '4000', '--parallel', '2')).document.limits).toMatchObject({
      trials: 4000,
      parallel: 2,
    });
    expect((await json<Sweep>('resume', id)).state).toBe('running');
    expect((await json<Trial>('add', id, 'prune.ratio=0.5', 'quantize.weightBits=4')).origin).toBe('manual');
    expect((await json<Sweep>('stop', id)).state).toMatch(/stopping|finished/);
    expect((await json<Sweep>('cancel', id)).state).toMatch(/cancelled|finished/);
    expect((await coldpress('watch', id)).code).toBe(1);
    expect((await coldpress('rm', id)).stdout).toContain(`removed ${id}`);
  });
});
