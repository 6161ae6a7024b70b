import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Job, Model } from '#contracts';
import { floatTensor, writeModel } from '#onnx';
import { mlp } from '#testing';
import { COMMAND, EXAMPLE, startApp, type TestApp } from './app.js';

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const MEASURE = `passes:
  - pass: evaluate
    options: { samples: 100, latencyRuns: 10 }
`;

describe('the coldpress command against a running server', () => {
  let app: TestApp;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-cli-'));
    app = await startApp();
  });

  afterAll(async () => {
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function coldpress(...words: string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      execFile(process.execPath, [COMMAND, '--data', app.data, ...words], (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      });
    });
  }

  async function recipe(text: string): Promise<string> {
    const path = join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 8)}.yaml`);
    await writeFile(path, text);
    return path;
  }

  it('tells what will surprise about a model, when it is pushed and inspected', async () => {
    const path = join(folder, 'diverged.onnx');
    const model = mlp([8, 7, 4]);
    const [weight] = model.graph!.initializer;
    model.graph!.initializer[0] = floatTensor(weight!.name, [7, 8], new Float32Array(56).fill(NaN));
    await writeFile(path, writeModel(model));
    const warning = `warning: weight "${weight!.name}" holds NaN at [0, 0], the first of 56 such elements: passes refuse the model`;
    expect((await coldpress('models', 'push', path)).stdout).toContain(warning);
    expect((await coldpress('models', 'inspect', 'diverged.onnx')).stdout).toContain(warning);
  });

  it('pushes a model named by the digest of its bytes, and again without a second copy', async () => {
    const path = join(EXAMPLE, 'seed-net.onnx');
    const digest = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    const first = await coldpress('models', 'push', path, '--json');
    expect(first.code).toBe(0);
    expect((JSON.parse(first.stdout) as Model).id).toBe(digest);
    await coldpress('models', 'push', path);
    const listed = JSON.parse((await coldpress('models', 'ls', '--json')).stdout) as Model[];
    expect(listed.filter((model) => model.id === digest)).toHaveLength(1);
  });

  it('inspects a model by name', async () => {
    const { stdout, code } = await coldpress('models', 'inspect', 'seed-net.onnx');
    expect(code).toBe(0);
    expect(stdout).toMatch(/parameters +250,326/);
  });

  it('refuses a model that is too large for one before it is sent, and says what to do', async () => {
    const path = join(folder, 'large.onnx');
    await writeFile(path, '');
    await truncate(path, 2.5e9);
    expect(await coldpress('models', 'push', path)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/cannot send .*large\.onnx: the model has 2\.50 GB .*export its parts/) as unknown,
    });
    await rm(path);
  });

  it('inspects a file without a server, with its bytes by element type and layer', async () => {
    const path = join(EXAMPLE, 'seed-net.onnx');
    const { code, stdout } = await coldpress('--url', 'http://127.0.0.1:9', 'models', 'inspect', path);
    const id = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    expect({ code, id: stdout.split('\n')[1] }).toEqual({ code: 0, id: `id          ${id}` });
    expect(stdout).toMatch(/^tensors +float32 1\.00 MB \(8\)/m);
    expect(stdout).toMatch(/^layer +operator +stored +share +bits\n─.*\n\S+ +Gemm +\d+ kB +\d+\.\d % +32$/m);
  });

  it('pushes a data set with the files that its manifest names', async () => {
    const { code, stdout } = await coldpress('datasets', 'push', join(EXAMPLE, 'dataset.yaml'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ inspection: { classes: 10, splits: { test: 2000, train: 8000 } } });
  });

  async function dataset(): Promise<string> {
    const [first] = JSON.parse((await coldpress('datasets', 'ls', '--json')).stdout) as { id: string }[];
    return first!.id;
  }

  it('says whether a job can run, what it takes and what is left alone, and runs nothing', async () => {
    const path = await recipe('passes: [{ pass: quantize, options: { opTypes: [Conv] } }]');
    const run = (...words: string[]) => coldpress('run', path, '--model', 'seed-net.onnx', '--check', ...words);
    const checked = await run('--data', await dataset());
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^this job can run: 1 stage/) as unknown });
    expect(checked.stdout).toMatch(/would be left alone:\n[^]*^quantize +\S+ +Gemm +\S+/m);
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringMatching(/data set/) as unknown });
    expect(JSON.parse((await coldpress('jobs', 'ls', '--json')).stdout)).toEqual([]);
  });

  it('runs a recipe, prints progress as plain lines on a pipe and the job as one document', async () => {
    const { code, stdout, stderr } = await coldpress(
      'run',
      await recipe(MEASURE),
      '--model',
      'seed-net.onnx',
      '--dataset',
      await dataset(),
      '--json',
    );
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('evaluate: succeeded') });
    expect(stderr).not.toContain('\u001b');
    const job = JSON.parse(stdout) as Job;
    expect(job.state).toBe('succeeded');
    expect(job.baseline!.top1).toBeGreaterThan(0.9);
  });

  it('answers 3 when the job succeeds and a gate is missed', async () => {
    const impossible = `${MEASURE}gates:\n  - { metric: bytes, maxRatio: 0.01 }\n`;
    const { code, stdout } = await coldpress(
      'run',
      await recipe(impossible),
      '--model',
      'seed-net.onnx',
      '--dataset',
      await dataset(),
    );
    expect(code).toBe(3);
    expect(stdout).toContain('✗');
  });

  it('prints what a pass concluded below the table', async () => {
    const zeros = 'passes:\n  - { pass: prune, options: { granularity: weight, ratio: 0.9 } }\n';
    const { code, stdout } = await coldpress('run', await recipe(zeros), '--model', 'seed-net.onnx');
    expect({ code, conclusion: stdout.split('\n').find((line) => line.startsWith('prune: ')) }).toEqual({
      code: 0,
      conclusion: expect.stringContaining('sparse'),
    });
  });

  it('answers 2 to a typo in a recipe and names the nearest pass', async () => {
    const { code, stderr } = await coldpress(
      'run',
      await recipe(MEASURE.replace('evaluate', 'evalute')),
      '--model',
      'seed-net.onnx',
    );
    expect(code).toBe(2);
    expect(stderr).toContain('evaluate');
  });

  it('answers 2 to a file that is not a model', async () => {
    const { code, stderr } = await coldpress('models', 'push', join(EXAMPLE, 'dataset.yaml'));
    expect(code).toBe(2);
    expect(stderr).toContain('ONNX');
  });

  it('answers 4 when no server listens, and 5 to a wrong key', async () => {
    expect((await coldpress('--url', 'http://127.0.0.1:9', 'jobs', 'ls')).code).toBe(4);
    expect((await coldpress('--api-key', 'wrong', 'jobs', 'ls')).code).toBe(5);
  });

  it('fetches an artifact whose bytes have the digest asked for', async () => {
    const [model] = JSON.parse((await coldpress('models', 'ls', '--json')).stdout) as Model[];
    const output = join(folder, 'fetched.onnx');
    expect((await coldpress('artifacts', 'get', model!.id, '-o', output)).code).toBe(0);
    expect(
      createHash('sha256')
        .update(await readFile(output))
        .digest('hex'),
    ).toBe(model!.id);
  });

  it('makes a key, uses it, and takes it back', async () => {
    const made = await coldpress('keys', 'add', 'the build server', '--role', 'viewer');
    const [key = ''] = made.stdout.split('\n');
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('The key of the build server, a viewer.') });
    expect((await coldpress('keys', 'own')).stdout).toBe('first key  admin\n');
    expect((await coldpress('keys', 'own', '--api-key', key)).stdout).toBe('the build server  viewer\n');
    const refused = await coldpress('keys', 'ls', '--api-key', key);
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('this needs the role admin') });
    const { stdout } = await coldpress('keys', 'ls');
    expect(stdout).toMatch(/^the build server +viewer/m);
    expect(stdout).not.toContain(key);
    expect(await coldpress('keys', 'revoke', 'nobody')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no key nobody; there are'),
    });
    expect((await coldpress('keys', 'revoke', 'the build server')).stdout).toBe('revoked the build server\n');
    expect((await coldpress('keys', 'own', '--api-key', key)).code).toBe(5);
    expect(await coldpress('keys', 'add', 'x', '--role', 'owner')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('viewer, member, admin'),
    });
  });

  it('lets one server at a time hold a data folder', async () => {
    const { code, stderr } = await coldpress('up', '--port', '0');
    expect(code).toBe(1);
    expect(stderr).toContain('runs already');
    expect(JSON.parse((await coldpress('up', '--port', '0', '--json')).stderr)).toMatchObject({
      code: 'already_running',
    });
  });
});
