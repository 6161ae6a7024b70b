import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentError, NotEnrolledError } from '../errors.js';
import { Home } from './home.js';
import { unit } from './service.js';
import { runOther } from './update.js';

describe('the folder of an agent', () => {
  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'coldpress-home-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('keeps who the machine is where only its owner may read it', async () => {
    const home = new Home(join(folder, 'new'));
    const enrolment = { server: 'http://x', id: '1', name: 'pi', key: 'cpd_secret' };
    await home.keep(enrolment);
    expect(await home.enrolment()).toEqual(enrolment);
    expect((await stat(join(home.path, 'device.json'))).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['a folder without a device', null],
    ['a file that is no JSON', '{'],
    ['a file of something else', '{"server":1}'],
  ])('says how to enrol for %s', async (_what, text) => {
    if (text !== null) await writeFile(join(folder, 'device.json'), text);
    await expect(new Home(folder).enrolment()).rejects.toThrow(NotEnrolledError);
    await expect(new Home(folder).enrolment()).rejects.toThrow('coldpress-agent enrol CODE');
  });
});

it('the unit runs the agent of the server at every start, and again when it ends', () => {
  const text = unit('npx --yes http://x/agent.tgz', '/home/pi/.coldpress-agent', false);
  expect(text).toContain('ExecStart=npx --yes http://x/agent.tgz run --home /home/pi/.coldpress-agent\n');
  expect(text).toMatch(/Restart=always[^]*WantedBy=default.target/);
});

it('an update that brought this version again is not tried for ever', async () => {
  process.env['COLDPRESS_AGENT_UPDATE'] = '2';
  const again = runOther('http://x', '2', ['run']);
  await expect(again).rejects.toThrow(AgentError);
  await expect(again).rejects.toMatchObject({ code: 'agent_update' });
  delete process.env['COLDPRESS_AGENT_UPDATE'];
});
