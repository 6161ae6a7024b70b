import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { toEnvironment, type Device, type EnrolmentCode } from '#contracts';
import { connect, type Database } from '#database';
import { createTestDatabase } from '#testing';
import { COMMAND, EXAMPLE, startApp, type TestApp } from '../app.js';

const run = promisify(execFile);
const DOCS = resolve(__dirname, '../../docs/devices.md');

describe('the machine of an embedded server', () => {
  let app: TestApp;
  let database: Database;
  beforeAll(async () => {
    const databaseUrl = await createTestDatabase();
    app = await startApp({ environment: toEnvironment({ databaseUrl }) });
    database = connect(databaseUrl);
  });
  afterAll(async () => {
    await database?.close();
    await app?.stop();
  });

  async function coldpress(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const args = [COMMAND, '--url', app.url, ...words];
    const env = { ...process.env, COLDPRESS_API_KEY: app.apiKey };
    return run(process.execPath, args, { env }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  }

  const devices = async (): Promise<Device[]> =>
    JSON.parse((await coldpress('devices', 'ls', '--json')).stdout) as Device[];

  it('enrols itself under the name local', async () => {
    let found: Device[] = [];
    while (found.length === 0) found = await devices();
    expect(found).toMatchObject([{ name: 'local', tags: ['local'], state: 'online', fingerprint: { kind: 'agent' } }]);
  });

  it('measures for a job that asks for it, and the command tells what became of each benchmark', async () => {
    const recipe = join(app.data, 'recipe.yaml');
    const options = 'devices: [local, nowhere], benchmark: { quick: true }, samples: 20, latencyRuns: 5';
    await writeFile(recipe, `passes:\n  - { pass: evaluate, options: { ${options} } }\n`);
    const files = [join(EXAMPLE, 'seed-net.onnx'), '--data', join(EXAMPLE, 'dataset.yaml')];
    let isOver = false;
    const running = coldpress('run', recipe, '--model', ...files).finally(() => (isOver = true));
    const isMeasured = `select from benchmarks where asked = 'local' and state = 'succeeded'`;
    while (!isOver && (await database.pool.query(isMeasured)).rowCount === 0) await wait(50);
    // The time of the other is up, as if it had been waited for.
    await database.pool.query(`update benchmarks set deadline_at = now() where asked = 'nowhere'`);
    const ran = await running;
    expect({ code: ran.code, stderr: ran.code === 0 ? '' : ran.stderr }).toEqual({ code: 0, stderr: '' });
    const { stdout } = await coldpress('jobs', 'benchmarks', 'latest');
    expect(stdout).toMatch(/local +local +succeeded +measured/);
    expect(stdout).toMatch(/nowhere +– +failed +no device took it within [\d.e-]+ min: no device is called nowhere/);
    expect((await coldpress('report', 'latest')).stdout).toMatch(/\| local \| baseline \|/);
  });

  it('is managed by the commands of docs/devices.md, each in its order', async () => {
    const text = await readFile(DOCS, 'utf8');
    const commands = [...text.matchAll(/\| `coldpress (devices [^`]+)` \|/g)].map(([, words = '']) => words);
    expect(commands).toEqual([
      'devices ls',
      'devices history NAME',
      'devices drain NAME',
      'devices resume NAME',
      'devices rm NAME',
    ]);
    const said: string[] = [];
    for (const words of commands) {
      const { code, stdout } = await coldpress(...words.replace('NAME', 'local').split(' '));
      expect({ words, code }).toEqual({ words, code: 0 });
      said.push(stdout);
    }
    expect(said[0]).toMatch(/local +online +local +0 .*waits for work/);
    expect(said[1]).toMatch(/^measured .*\n.*\n\d{4}-\d\d-\d\d \d\d:\d\d {2}[\da-f]{8} +baseline +\d+\.\d{3} /);
    expect(said[2]).toMatch(/^local {2}draining: /);
    expect(said[3]).toMatch(/^local {2}online: /);
    expect(said[4]).toBe('removed local\n');
  });

  it('is told of others: what to type on them, and what is wrong', async () => {
    const { stdout } = await coldpress('devices', 'add', 'pi-kitchen', '--tag', 'arm64', '--json');
    const { command, code } = JSON.parse(stdout) as EnrolmentCode;
    expect(command).toBe(`npx --yes ${app.url}/agent.tgz enrol ${code} --server ${app.url} --name pi-kitchen`);
    expect(await coldpress('devices', 'drain', 'nobody')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no device nobody') as string,
    });
    expect((await coldpress('devices', 'history', 'nobody')).stderr).toContain('there is no device nobody');
    expect((await coldpress('devices', 'add', 'Pi')).stderr).toContain('the name: ');
  });

  it('comes back by itself after it was removed, since its agent ends and is started again', async () => {
    let found: Device[] = [];
    while (!found.some(({ name, state }) => name === 'local' && state === 'online')) found = await devices();
    const { id } = found[0] ?? { id: 'no device' };
    // The server knows it before it has heard so.
    while (!(await readFile(join(app.data, 'agent', 'device.json'), 'utf8').catch(() => '')).includes(id))
      await wait(50);
  });
});
