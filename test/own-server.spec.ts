import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, copyFile, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { COMMAND, EXAMPLE } from './app.js';

const HALF = 'passes:\n  - { pass: prune, options: { granularity: weight, ratio: 0.5 } }\n';
const SWEEP = `passes:
  - { pass: prune, options: { granularity: weight, ratio: { grid: [0.5, 0.9] } } }
objectives:
  - { metric: compressedBytes }
`;
const LONG = 'passes:\n  - { pass: distill, options: { epochs: 500 } }\n';

describe('a job where no server runs', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'coldpress-own-server-')));
    await copyFile(join(EXAMPLE, 'seed-net.onnx'), join(folder, 'net.onnx'));
    await writeFile(join(folder, 'half.yaml'), HALF);
    await writeFile(join(folder, 'long.yaml'), LONG);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const how = () => ({ cwd: folder, env: { PATH: process.env['PATH'] } });
  function coldpress(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((done) => {
      execFile(process.execPath, [COMMAND, ...words], how(), (error, stdout, stderr) => {
        done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      });
    });
  }
  const answers = (url: string) =>
    fetch(`${url}/v1/health`).then(
      () => true,
      () => false,
    );
  const isThere = (name: string) =>
    access(join(folder, name)).then(
      () => true,
      () => false,
    );

  it('gets one for its time, which leaves its folder to the next', async () => {
    const { code, stdout, stderr } = await coldpress('run', 'half.yaml', '--model', 'net.onnx', '-o', 'small.onnx');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining(
        `no server runs: starting one for this job, which keeps everything in ${join(folder, '.coldpress')}`,
      ) as unknown,
    });
    expect(stdout).toMatch(/^job \S+ {2}http:.*\n[^]*\nmodel: small\.onnx\n$/);
    expect(await isThere('small.onnx')).toBe(true);
    expect(await isThere('.coldpress/server.json')).toBe(false);
  });

  it('is not begun for data that cannot be read here', async () => {
    await mkdir(join(folder, 'bare'), { recursive: true });
    const { code, stderr } = await coldpress('run', 'half.yaml', '--model', 'net.onnx', '--data', 'bare');
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/^coldpress: bare has no manifest: .*datasets init bare/) as unknown,
    });
  });

  it('is found by the next server, and what it advises begins with that server', async () => {
    const { stdout, stderr } = await coldpress('run', 'half.yaml', '--model', 'net.onnx');
    expect(stderr).toContain('cached');
    const [, words = '', up = ''] =
      /^model: coldpress (.*) \(beside `coldpress (.*)`, for no server/m.exec(stdout) ?? [];
    expect(words).toMatch(/^artifacts get \S+\/model\.onnx -o small\.onnx$/);
    await rm(join(folder, 'small.onnx'));
    const server = spawn(process.execPath, [COMMAND, up, '--port', '0', '--json'], {
      ...how(),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(server.stdout, 'data');
    expect(await coldpress(...words.split(' '))).toMatchObject({ code: 0 });
    expect(await coldpress('report', 'latest', '--json', '-o', 'report.json')).toMatchObject({ code: 0 });
    expect(await coldpress('models', 'inspect', 'nett.onnx')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'there is no model "nett.onnx": did you mean "net.onnx"? `coldpress models ls`',
      ) as unknown,
    });
    await writeFile(join(folder, 'empty.yaml'), '\n');
    expect((await coldpress('run', 'empty.yaml', '--model', 'net.onnx')).stderr).toContain(
      'the recipe cannot be run: recipe: it is empty: name its passes, as in passes: [{ pass: quantize }]',
    );
    const waiting = ['run', 'long.yaml', '--model', 'net.onnx', '--data', EXAMPLE, '--detach'];
    const id = (await coldpress(...waiting)).stdout.trim();
    expect((await coldpress('report', id)).stderr).toMatch(
      /^coldpress: job \S+ is (queued|running) and has no report: `coldpress jobs watch \S+` follows it to its end/,
    );
    await coldpress('jobs', 'cancel', id);
    server.kill('SIGTERM');
    await once(server, 'exit');
    expect(await isThere('small.onnx')).toBe(true);
  });

  it('is stopped with it by Ctrl-C', async () => {
    const words = ['run', 'long.yaml', '--model', 'net.onnx', '--data', EXAMPLE];
    const child = spawn(process.execPath, [COMMAND, ...words], { ...how(), stdio: ['ignore', 'ignore', 'pipe'] });
    let [text, isPressed] = ['', false];
    child.stderr.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      // Pressed twice it ends the command at once.
      if (!isPressed && /^distill: /m.test(text)) isPressed = child.kill('SIGINT');
    });
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, text }).toEqual({
      code: 130,
      text: expect.stringMatching(/job \S+ is stopped, for its server ends with this command/) as unknown,
    });
    expect(await isThere('.coldpress/server.json')).toBe(false);
  });

  it('is refused where nobody would wait for its end', async () => {
    const { code, stderr } = await coldpress('run', 'half.yaml', '--model', 'net.onnx', '--detach');
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('start one with `coldpress up`') as unknown,
    });
  });

  it('gets one as a sweep, as a search within bounds, as a replay: one way for all', async () => {
    await writeFile(join(folder, 'sweep.yaml'), SWEEP);
    const swept = await coldpress('sweep', 'run', 'sweep.yaml', '--model', 'net.onnx', '--data', EXAMPLE);
    expect({ code: swept.code, stderr: swept.stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /no server runs: starting one for this sweep, .*\n[^]*sweep: coldpress sweep get \S+ \(beside `coldpress up`/,
      ) as unknown,
    });
    expect(swept.stdout).toContain('front: ');
    const replayed = await coldpress('replay', 'report.json');
    expect(replayed).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('every model came out again, bit by bit') as unknown,
      stderr: expect.stringContaining('starting one for this job') as unknown,
    });
    const pressed = await coldpress('press', 'net.onnx', '--data', 'nowhere');
    expect(pressed).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('starting one for this sweep') as unknown,
    });
    expect(await isThere('.coldpress/server.json')).toBe(false);
  });

  it('is there behind a door of agents for as long as they ask', async () => {
    const agent = new Client({ name: 'a test', version: '1' });
    const { cwd, env } = { cwd: folder, env: { PATH: process.env['PATH'] ?? '' } };
    await agent.connect(new StdioClientTransport({ command: process.execPath, args: [COMMAND, 'mcp'], cwd, env }));
    let told = await agent.callTool({ name: 'list_passes', arguments: { pass: 'prune' } });
    for (;;) {
      const [, ticket] = /"ticket":"(.*?)"/.exec(JSON.stringify(told.content).replaceAll('\\', '')) ?? [];
      if (ticket === undefined) break;
      told = await agent.callTool({ name: 'ask_again', arguments: { ticket } });
    }
    expect(JSON.stringify(told.content)).toContain('granularity');
    const { url } = JSON.parse(await readFile(join(folder, '.coldpress', 'server.json'), 'utf8')) as { url: string };
    expect(await answers(url)).toBe(true);
    await agent.close();
    while (await answers(url)) await new Promise(setImmediate);
  });

  it('is not given one where a server is named', async () => {
    const words = ['run', 'half.yaml', '--model', 'net.onnx', '--server', 'http://127.0.0.1:9', '--api-key', 'k'];
    expect(await coldpress(...words)).toMatchObject({
      code: 4,
      stderr: expect.not.stringContaining('starting') as unknown,
    });
    expect(await readFile(join(folder, '.coldpress', 'api-key'), 'utf8')).not.toBe('');
  });
});
