import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase } from '#testing';
import { toEnvironment } from '#contracts';
import { COMMAND, EXAMPLE } from './app.js';

interface Outcome {
  code: number;
  stderr: string;
}

/**
 * What no message to a person may hold: a stack, a schema's issue list, a line of the servers' log, the runtime's own
 * words.
 */
const RAW =
  /\n\s+at |"code":|\{"level"|ZodError|Unable to open|Unexpected token|errno|undefined|\u0000|fetch failed|E[A-Z]{4,}\b/;

describe('what the command tells a person', () => {
  let folder: string;
  /** Answers every request like a web server that is not Coldpress. */
  let other: Server;
  let port: number;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-words-'));
    other = createServer(
      (request, response) => void (request.url === '/v1/devices' ? response.end('{}') : response.end('<html>')),
    );
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    port = (other.address() as AddressInfo).port;
    await mkdir(join(folder, 'empty'));
    await writeFile(join(folder, 'broken.yaml'), 'name: a\ninputs: [');
    await writeFile(join(folder, 'wrong.yaml'), 'name: a\ninptus: {}\nsplits: {}\n');
    await writeFile(
      join(folder, 'lost.yaml'),
      'name: a\ninputs: {"*": {array: x}}\nsplits: {test: {file: nowhere.npz}}\n',
    );
    await writeFile(join(folder, 'big.yaml'), Buffer.alloc(300 * 1024, 'x'));
    await writeFile(join(folder, 'data.npz'), Buffer.from([0x50, 0x4b, 3, 4, 0, 0]));
    await writeFile(join(folder, 'a-file'), '');
  });
  afterAll(async () => {
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  /** With nothing but what is said. */
  function alone(words: readonly string[]): Promise<Outcome> {
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [COMMAND, ...words, '--json'],
        { env: { PATH: process.env['PATH'] }, cwd: folder },
        (error, _stdout, stderr) => {
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, stderr });
        },
      );
    });
  }

  function coldpress(
    words: readonly string[],
    environment: Record<string, string> = {},
    ...more: string[]
  ): Promise<Outcome> {
    const known = ['--data', join(folder, 'empty'), '--url', `http://127.0.0.1:${port}`, '--api-key', 'cp_key'];
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [COMMAND, ...(words.includes('up') || words.includes('--url') ? [] : known), ...words, ...more],
        { env: { PATH: process.env['PATH'], ...environment }, cwd: folder },
        (error, _stdout, stderr) => {
          resolve({ code: typeof error?.code === 'number' ? error.code : 0, stderr });
        },
      );
    });
  }

  it.each<[string, string[], number, RegExp, Record<string, string>?]>([
    ['a folder for a model', ['models', 'push', 'empty'], 2, /cannot read empty: it holds no \.onnx file/],
    [
      'a model that is not there',
      ['models', 'push', 'nosuch.onnx'],
      2,
      /cannot read nosuch\.onnx: there is no such file/,
    ],
    ['a path through a file', ['models', 'push', 'a-file/x.onnx'], 2, /a-file\/x\.onnx: a part of the path is a file/],
    [
      'arrays for a manifest',
      ['datasets', 'push', 'data.npz'],
      2,
      /data\.npz has no manifest: `coldpress datasets init data\.npz --for MODEL` guesses and writes one/,
    ],
    [
      'a folder without a manifest',
      ['datasets', 'push', 'empty'],
      2,
      /empty has no manifest: `coldpress datasets init empty --for MODEL`/,
    ],
    ['a manifest that is not there', ['datasets', 'push', 'no.yaml'], 2, /cannot read no\.yaml: there is no such file/],
    ['a manifest that breaks off', ['datasets', 'push', 'broken.yaml'], 2, /cannot read broken\.yaml: line 2: /],
    [
      'a manifest with a typo',
      ['datasets', 'push', 'wrong.yaml'],
      2,
      /wrong\.yaml is not a data set manifest[^]*inptus: there is no "inptus" here: did you mean "inputs"/,
    ],
    [
      'a manifest whose file is not there',
      ['datasets', 'push', 'lost.yaml'],
      2,
      /cannot read nowhere\.npz: there is no such file/,
    ],
    [
      'a recipe that is not there',
      ['run', 'no.yaml', '--model', 'x'],
      2,
      /cannot read no\.yaml: there is no such file/,
    ],
    [
      'a recipe that is far too long',
      ['run', 'big.yaml', '--model', 'x'],
      2,
      /big\.yaml has 307200 bytes and cannot be a recipe, which has at most 262144/,
    ],
    ['a limit that is no number', ['jobs', 'ls', '--limit', 'abc'], 2, /--limit .*abc.*whole number/],
    [
      'an address that is none',
      ['models', 'ls', '--url', 'nonsense', '--api-key', 'k'],
      2,
      /"nonsense" is not the address of a server: give --url/,
    ],
    [
      'a key that is none',
      ['models', 'ls', '--url', 'http://127.0.0.1:1', '--api-key', 'schl\u00fcssel\n'],
      5,
      /API key holds characters that no key has/,
    ],
    [
      'a server that is another',
      ['models', 'ls'],
      1,
      /GET http:\/\/127\.0\.0\.1:\d+\/v1\/models is not one of a Coldpress server.*check the address.*--url/,
    ],
    ['a port that is none', ['up', '--port', 'abc', '--data', 'up'], 2, /--port: must be a number, got "abc"/],
    ['a port out of range', ['up', '--port', '70000', '--data', 'up'], 2, /--port: at most 65535, got 70000/],
    [
      'a variable that is no number',
      ['up', '--data', 'up'],
      2,
      /COLDPRESS_CONCURRENCY: must be a number, got "two"/,
      { COLDPRESS_CONCURRENCY: 'two' },
    ],
    [
      'a variable of another kind',
      ['up', '--data', 'up'],
      2,
      /COLDPRESS_LOG_LEVEL: "loud" is not allowed here: choose one of trace/,
      { COLDPRESS_LOG_LEVEL: 'loud' },
    ],
    [
      'a variable with a typo',
      ['up', '--data', 'up'],
      2,
      /COLDPRESS_CONCURENCY: there is no such variable: did you mean COLDPRESS_CONCURRENCY\?/,
      { COLDPRESS_CONCURENCY: '2' },
    ],
    ['a data folder that is a file', ['up', '--data', 'a-file'], 1, /a-file: /],
  ])('%s', async (_what, words, code, message, environment = {}) => {
    const outcome = await coldpress(words, environment);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toMatch(RAW);
    expect(outcome.code).toBe(code);
  });

  it('a port that is in use, and how to choose another', async () => {
    const environment = toEnvironment({ databaseUrl: await createTestDatabase() });
    const { code, stderr } = await coldpress(['up', '--data', join(folder, 'up'), '--port', String(port)], environment);
    expect(stderr).toBe(`coldpress: port ${port} is in use: choose another with --port or COLDPRESS_PORT\n`);
    expect(code).toBe(1);
  });

  it.each<[string, string[]]>([
    ['usage', ['models', 'push', 'nosuch.onnx']],
    ['unexpected_answer', ['models', 'ls']],
    ['unreachable', ['models', 'ls', '--url', 'http://127.0.0.1:1', '--api-key', 'k']],
    ['no_api_key', ['models', 'ls', '--url', 'http://127.0.0.1:1', '--data', 'empty']],
    ['no_server', ['models', 'ls', '--data', 'empty', '--api-key', 'k']],
    ['config', ['up', '--port', 'abc', '--data', 'up']],
    ['file', ['up', '--data', 'a-file']],
  ])('%s as a document with --json', async (code, words) => {
    const isWhole = words.includes('--data');
    const { stderr } = isWhole ? await alone(words) : await coldpress(words, {}, '--json');
    expect(JSON.parse(stderr)).toEqual({ code, message: expect.stringMatching(/./) as unknown });
  });

  it('start_failed as well', async () => {
    const environment = toEnvironment({ databaseUrl: await createTestDatabase() });
    expect(
      JSON.parse(
        (await coldpress(['up', '--data', join(folder, 'up'), '--port', String(port), '--json'], environment)).stderr,
      ),
    ).toMatchObject({ code: 'start_failed' });
  });

  it('a folder with a manifest is pushed by its manifest', async () => {
    // The other server's answer comes last: everything before it was right.
    expect((await coldpress(['datasets', 'push', EXAMPLE])).stderr).toContain('is not one of a Coldpress server');
  });
});
