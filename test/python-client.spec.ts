import { execFile, spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { EXAMPLE, startApp, type TestApp } from './app.js';

const CLIENT = resolve(__dirname, '../clients/python');
const PYTHON = process.env['PYTHON'] ?? 'python3';
const RECENT = 'import sys; sys.exit(sys.version_info < (3, 9))';
const hasPython = spawnSync(PYTHON, ['-c', RECENT]).status === 0;

if (!hasPython) console.log(`clients/python is not tried: ${PYTHON} is not there, or older than 3.9`);

(hasPython ? describe : describe.skip)('clients/python', () => {
  let app: TestApp;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-python-'));
    app = await startApp();
  });
  afterAll(async () => {
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function python(words: string[], more: Record<string, string> = {}): Promise<{ output: string; error: string }> {
    const known = { COLDPRESS_URL: app.url, COLDPRESS_API_KEY: app.apiKey };
    const env = { PATH: process.env['PATH'], PYTHONPATH: join(CLIENT, 'src'), PYTHONDONTWRITEBYTECODE: '1', ...known };
    return new Promise((done) => {
      execFile(PYTHON, words, { cwd: folder, env: { ...env, ...more } }, (_error, output, error) => {
        done({ output, error });
      });
    });
  }

  it('leads from a model and its data to a smaller file, as its example shows', async () => {
    const { output, error } = await python([join(CLIENT, 'examples/first_model.py'), EXAMPLE]);
    expect(error).toBe('');
    expect(output).toContain('seed-net.onnx 250326 parameters');
    expect(output).toMatch(/^unknown_pass .*quantize|^invalid_\w+ .*quantize/m);
    expect(output).toMatch(/^\[\]$/m);
    expect(output).toMatch(/^evaluate \d+ [01]\.\d+$/m);
    const before = (await stat(join(EXAMPLE, 'seed-net.onnx'))).size;
    expect((await stat(join(folder, 'small.onnx'))).size).toBeLessThan(before);
  });

  it('sends external data along with its model, and not what no model can be', async () => {
    for (const name of ['shapes.onnx', 'shapes.onnx.data'])
      await copyFile(join(__dirname, 'data-journeys', name), join(folder, name));
    await writeFile(join(folder, 'large.onnx'), '');
    await truncate(join(folder, 'large.onnx'), 2.5e9);
    const script = [
      'import coldpress',
      'client = coldpress.Client()',
      'print(client.push_model("shapes.onnx")["inspection"]["producer"])',
      'try: client.push_model("large.onnx")',
      'except coldpress.ColdpressError as error: print(error)',
    ].join('\n');
    const { output, error } = await python(['-c', script]);
    expect(error).toBe('');
    expect(output).toMatch(/^pytorch .*\nlarge\.onnx has 2500000000 bytes .*export its parts/);
    await rm(join(folder, 'large.onnx'));
  });

  it.each([
    ['a wrong key', { COLDPRESS_API_KEY: 'cp_none' }, /^Problem unauthorized/m],
    ['no key', { COLDPRESS_API_KEY: '' }, /no API key: give api_key or set COLDPRESS_API_KEY/],
    ['no server', { COLDPRESS_URL: 'http://127.0.0.1:9' }, /^Unreachable .*no server answers at http:\/\/127/m],
    ['an address that is none', { COLDPRESS_URL: 'here' }, /"here" is not the address of a server/],
  ])('tells %s in words', async (_what, more, words) => {
    const script = [
      'import coldpress',
      'try: print(list(coldpress.Client().models()))',
      'except coldpress.ColdpressError as error: print(type(error).__name__, getattr(error, "code", ""), error)',
    ].join('\n');
    expect((await python(['-c', script], more)).output).toMatch(words);
  });
});
