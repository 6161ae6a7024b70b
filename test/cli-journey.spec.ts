import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { create } from '@bufbuild/protobuf';
import { all } from '#client';
import type { Job } from '#contracts';
import { DataLocation, readModel, StringStringEntryProtoSchema, writeModel } from '#onnx';
import { COMMAND, EXAMPLE, startApp, type TestApp } from './app.js';

interface Outcome {
  code: number;
  stdout: Buffer;
  stderr: string;
}

const HALF = 'passes:\n  - { pass: prune, options: { granularity: weight, ratio: 0.5 } }\n';
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('the journey of a model at the terminal', () => {
  let app: TestApp;
  /** Where the user stands: outside of the checkout. */
  let folder: string;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'coldpress-journey-')));
    await copyFile(join(EXAMPLE, 'seed-net.onnx'), join(folder, 'net.onnx'));
    await writeFile(join(folder, 'half.yaml'), HALF);
    app = await startApp({ environment: { COLDPRESS_CONCURRENCY: '1' } });
  });
  afterAll(async () => {
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function program(
    args: readonly string[],
    input?: string,
    environment: Record<string, string> = {},
  ): Promise<Outcome> {
    return new Promise((done) => {
      const child = execFile(
        process.execPath,
        args,
        {
          cwd: folder,
          encoding: 'buffer',
          env: { PATH: process.env['PATH'], COLDPRESS_DATA: app.data, ...environment },
        },
        (error, stdout, stderr) => {
          done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr: stderr.toString() });
        },
      );
      child.stdin?.end(input ?? '');
    });
  }

  const coldpress = (...words: string[]) => program([COMMAND, ...words]);
  const linesOf = ({ stdout }: Outcome) => stdout.toString().trimEnd().split('\n');
  const file = (name: string) => readFile(join(folder, name));
  async function latest(): Promise<Job> {
    for await (const { id } of all(app.client.listJobs, { limit: 1 })) return app.client.getJob({ id });
    throw new Error('there is no job');
  }

  it('leads from a file to a file: the job and its page first, the smaller model last', async () => {
    const outcome = await coldpress('run', 'half.yaml', '--model', 'net.onnx', '--output', 'small.onnx');
    const lines = linesOf(outcome);
    const job = await latest();
    expect(outcome.code).toBe(0);
    expect(lines[0]).toBe(`job ${job.id}  ${app.url}/#/jobs/${job.id}`);
    expect(lines.at(-1)).toBe('model: small.onnx');
    expect(sha256(await file('small.onnx'))).toBe(job.stages[0]?.modelDigest);
    expect(outcome.stderr).toContain(`model ${job.modelId.slice(0, 12)}  net.onnx`);
  });

  it('ends with a command that fetches the model, which works as it stands', async () => {
    const outcome = await program(
      [COMMAND, '--data', app.data, 'run', '-', '--model', 'net.onnx', '--name', 'a name'],
      HALF,
      { COLDPRESS_DATA: '/nowhere' },
    );
    const [, words = ''] = /^model: coldpress (.*)$/.exec(linesOf(outcome).at(-1) ?? '') ?? [];
    await rm(join(folder, 'small.onnx'), { force: true });
    const fetched = await program([COMMAND, ...words.split(' ')], undefined, { COLDPRESS_DATA: '/nowhere' });
    expect({ code: fetched.code, stderr: fetched.stderr }).toEqual({ code: 0, stderr: '' });
    expect(sha256(await file('small.onnx'))).toBe((await latest()).stages[0]?.modelDigest);
  });

  it('fetches the model of a job whose gates are missed, and still answers 3', async () => {
    const outcome = await program(
      [COMMAND, 'run', '-', '--model', 'net.onnx', '-o', 'missed.onnx'],
      `${HALF}gates: [{ metric: bytes, maxRatio: 0.01 }]\n`,
    );
    expect({ code: outcome.code, last: linesOf(outcome).at(-1) }).toEqual({ code: 3, last: 'model: missed.onnx' });
    expect((await file('missed.onnx')).length).toBeGreaterThan(1000);
  });

  it.each<[string, string[], RegExp]>([
    [
      'a folder that is not there',
      ['-o', 'nowhere/small.onnx'],
      /cannot write nowhere\/small\.onnx: there is no folder nowhere/,
    ],
    ['a folder', ['-o', '.'], /cannot write \.: it is a folder/],
    ['a job that is not waited for', ['-o', 'x.onnx', '--detach'], /--output wants the end of the job/],
    ['two documents at once', ['-o', '-', '--json'], /--output - and --json both want standard output/],
    ['two data sets', ['--data', 'a', '--dataset', 'b'], /given twice/],
  ])('refuses %s before anything is sent', async (_what, words, message) => {
    const before = (await latest()).id;
    const outcome = await coldpress('run', 'half.yaml', '--model', 'net.onnx', ...words);
    expect({ code: outcome.code, stderr: outcome.stderr, newest: (await latest()).id }).toEqual({
      code: 2,
      stderr: expect.stringMatching(message) as string,
      newest: before,
    });
  });

  it('runs one pass by its flags, on a folder with data', async () => {
    const outcome = await coldpress(
      'quantize',
      'net.onnx',
      '--data',
      EXAMPLE,
      '--weight-bits',
      '4',
      '--samples',
      '32',
      '-o',
      'four.onnx',
      '--json',
    );
    const job = JSON.parse(outcome.stdout.toString()) as Job;
    expect(job.recipe.passes).toEqual([{ pass: 'quantize', options: { weightBits: 4, samples: 32 } }]);
    expect(sha256(await file('four.onnx'))).toBe(job.stages[0]?.modelDigest);
    const wrong = await coldpress('quantize', 'net.onnx', '--weight-bits', '5');
    expect({ code: wrong.code, stderr: wrong.stderr }).toEqual({
      code: 2,
      stderr: 'coldpress: --weight-bits: 5 is not allowed here: choose one of 8, 4, 3, 2\n',
    });
  });

  it('measures with one pass, and leads to the report', async () => {
    const outcome = await coldpress(
      'evaluate',
      'net.onnx',
      '--data',
      'mnist',
      '--samples',
      '50',
      '--latency-runs',
      '5',
    );
    const [, words = ''] = /^report: coldpress (.*)$/.exec(linesOf(outcome).at(-1) ?? '') ?? [];
    expect((await coldpress(...words.split(' '))).stdout.toString()).toContain('| baseline |');
  });

  it('finds what is meant by an id, its start, a name or latest, and says what an unclear word may mean', async () => {
    const job = await latest();
    for (const reference of [job.id, job.id.slice(0, 8), 'latest'])
      expect(linesOf(await coldpress('jobs', 'get', reference))[0]).toBe(`${job.id}  succeeded`);
    expect(linesOf(await coldpress('jobs', 'get', 'a name'))[0]).toMatch(/succeeded/);
    for (const reference of [job.modelId, job.modelId.slice(0, 6), 'net.onnx'])
      expect(linesOf(await coldpress('models', 'inspect', reference))[1]).toBe(`id          ${job.modelId}`);
    expect(linesOf(await coldpress('datasets', 'inspect', job.datasetId?.slice(0, 5) ?? ''))).toEqual(
      expect.arrayContaining(['labels      10 classes']),
    );

    expect(linesOf(await coldpress('jobs', 'ls', '--search', 'A NAME')).slice(2)).toEqual([
      expect.stringContaining('a name'),
    ]);

    await coldpress('models', 'push', 'four.onnx', '--name', 'net.onnx');
    const unclear = await coldpress('models', 'pull', 'net.onnx', '-o', 'pulled.onnx');
    expect({ code: unclear.code, lines: unclear.stderr.trimEnd().split('\n') }).toEqual({
      code: 2,
      lines: [
        expect.stringContaining('"net.onnx" may be any of 2 models'),
        expect.stringMatching(/^ {2}[0-9a-f]{12} {2}\d{4}-.*net\.onnx$/),
        expect.stringContaining(job.modelId.slice(0, 12)),
      ],
    });
    expect((await coldpress('jobs', 'get', job.id.slice(0, 3))).stderr).toContain(
      'the start of an id has at least 4 digits',
    );
    expect((await coldpress('jobs', 'get', 'nosuch')).stderr).toBe(
      'coldpress: there is no job "nosuch": `coldpress jobs ls` lists them, `coldpress run` adds one\n',
    );
  });

  it('lists what a job wrote and fetches it by job and name, also to standard output', async () => {
    const rows = JSON.parse((await coldpress('jobs', 'artifacts', 'latest', '--json')).stdout.toString()) as {
      name: string;
      digest: string;
      stage: number;
    }[];
    const report = rows.find(({ name }) => name === 'report.md');
    const fetched = await coldpress('artifacts', 'get', 'latest/report.md', '-o', '-');
    expect(sha256(fetched.stdout)).toBe(report?.digest);
    expect((await coldpress('artifacts', 'get', `latest/${report?.stage}/report.md`, '-o', '-')).stdout).toEqual(
      fetched.stdout,
    );
    expect((await coldpress('report', 'latest')).stdout.toString().trimEnd()).toBe(fetched.stdout.toString().trimEnd());
    expect((await coldpress('artifacts', 'get', 'latest/model.onnx', '-o', '-')).stderr).toMatch(
      /has no artifact "model.onnx": there are .*report\.md/,
    );
  });

  it('pulls a model, and removes what no job needs', async () => {
    const bytes = await file('four.onnx');
    expect((await coldpress('models', 'pull', sha256(bytes).slice(0, 10), '-o', '-')).stdout).toEqual(bytes);
    expect((await coldpress('models', 'pull', sha256(bytes), '-o', 'pulled.onnx')).stdout.toString()).toBe(
      'pulled.onnx\n',
    );
    expect((await coldpress('models', 'rm', sha256(bytes).slice(0, 10))).stdout.toString()).toContain(
      `removed ${sha256(bytes)}`,
    );
    expect(await coldpress('models', 'rm', 'net.onnx')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('job') as string,
    });
    expect(await coldpress('datasets', 'rm', 'mnist')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('job') as string,
    });
    expect(linesOf(await coldpress('jobs', 'rm', 'a name'))[0]).toMatch(/^removed .* a name$/);
    expect((await coldpress('jobs', 'get', 'a name')).code).toBe(2);
  });

  it('takes paths from where the user stands when npm runs it, and advises commands that npm runs', async () => {
    const root = resolve(__dirname, '..');
    const script = `import { standWhereTheUserDoes } from ${JSON.stringify(pathToFileURL(join(root, 'scripts/lib/stand.mjs')).href)};
      process.chdir(${JSON.stringify(root)}); standWhereTheUserDoes(); await import(${JSON.stringify(pathToFileURL(COMMAND).href)});`;
    const npm = { npm_lifecycle_event: 'coldpress', npm_package_json: join(root, 'package.json'), INIT_CWD: folder };
    const run = (...words: string[]) => program(['--input-type=module', '-e', script, '--', ...words], undefined, npm);
    expect((await run('models', 'push', 'net.onnx')).code).toBe(0);
    expect((await run('jobs', 'get', 'nosuch')).stderr).toContain(`\`npm --prefix ${root} run coldpress -- jobs ls\``);
  });

  it('sends a model whose data lie in a file beside it as one model, and names a file that is not there', async () => {
    const model = readModel(await file('net.onnx'));
    const parts: Uint8Array[] = [];
    for (const tensor of model.graph?.initializer ?? []) {
      const entries = {
        location: 'apart.onnx.data',
        offset: `${Buffer.concat(parts).length}`,
        length: `${tensor.rawData.length}`,
      };
      parts.push(tensor.rawData);
      tensor.rawData = new Uint8Array();
      tensor.dataLocation = DataLocation.EXTERNAL;
      tensor.externalData = Object.entries(entries).map(([key, value]) =>
        create(StringStringEntryProtoSchema, { key, value }),
      );
    }
    await writeFile(join(folder, 'apart.onnx'), writeModel(model));
    await writeFile(join(folder, 'apart.onnx.data'), Buffer.concat(parts));
    expect(await coldpress('models', 'push', 'apart.onnx')).toMatchObject({ code: 0, stderr: '' });
    const told = (await coldpress('models', 'inspect', 'apart.onnx')).stdout.toString();
    expect(told).toMatch(/^apart\.onnx {2}\S+ k?B, with 1\.00 MB in apart\.onnx\.data\n[^]*parameters +250,326/);
    await rm(join(folder, 'apart.onnx.data'));
    await expect(coldpress('models', 'push', 'apart.onnx')).resolves.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/cannot send apart\.onnx: .*apart\.onnx\.data.*put the file where/) as string,
    });
  });

  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile(resolve(__dirname, '../package.json'), 'utf8')) as {
      version: string;
    };
    expect((await coldpress('--version')).stdout.toString()).toBe(`${version}\n`);
  });

  it('says of a long job what waits behind it, that Ctrl-C leaves it running, and how it was stopped', async () => {
    const child = spawn(process.execPath, [COMMAND, 'train', 'net.onnx', '--data', EXAMPLE, '--epochs', '1000'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], COLDPRESS_DATA: app.data },
    });
    let words = '';
    const ended = new Promise<number | null>((done) => child.once('close', done));
    await new Promise<void>((running) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        words += text;
        if (words.includes('train: ')) running();
      });
    });
    const { id } = await latest();
    const waiting = spawn(process.execPath, [COMMAND, 'run', 'half.yaml', '--model', 'net.onnx'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], COLDPRESS_DATA: app.data },
    });
    const over = new Promise((done) => waiting.once('close', done));
    const [note] = (
      await new Promise<string>((told) => {
        let text = '';
        waiting.stderr
          .setEncoding('utf8')
          .on('data', (piece: string) => (text += piece).includes('ahead') && told(text));
      })
    )
      .split('\n')
      .filter((line) => line.startsWith('queued'));
    expect(note).toBe('queued: 1 job ahead, 1 of them begun');
    child.kill('SIGINT');
    expect({ code: await ended, words }).toMatchObject({ code: 130 });
    expect(words).toContain(
      `job ${id} goes on: \`coldpress jobs watch ${id}\` follows it, \`coldpress jobs cancel ${id}\` stops it`,
    );
    expect((await coldpress('jobs', 'cancel', id.slice(0, 8))).code).toBe(0);
    const watched = await coldpress('jobs', 'watch', id);
    expect({ code: watched.code, text: watched.stdout.toString() }).toEqual({
      code: 1,
      text: expect.stringMatching(/\ncancelled/) as string,
    });
    await over;
    expect((await coldpress('jobs', 'logs', id)).stdout.toString()).toContain('train: training 250326 parameters');
    expect((await coldpress('jobs', 'retry', 'latest')).stderr).toMatch(/is succeeded/);
  });
});
