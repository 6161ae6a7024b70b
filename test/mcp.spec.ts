import { copyFile, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { isFinal, type JobState } from '#contracts';
import { COMMAND, EXAMPLE, startApp, type TestApp } from './app.js';

const RECIPE = { passes: [{ pass: 'quantize', options: { scheme: 'dynamic' } }] };

describe('coldpress mcp', () => {
  let app: TestApp;
  let agent: Client;
  let folder: string;

  beforeAll(async () => {
    app = await startApp();
    folder = await realpath(await mkdtemp(join(tmpdir(), 'coldpress-mcp-')));
    await copyFile(join(EXAMPLE, 'seed-net.onnx'), join(folder, 'net.onnx'));
    await writeFile(join(folder, 'broken.onnx'), 'nothing');
    agent = new Client({ name: 'a test', version: '1' });
    const args = [COMMAND, 'mcp', '--folder', folder, '--jobs', '1', '--data', app.data];
    await agent.connect(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }));
  });
  afterAll(async () => {
    await agent?.close();
    await app?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  interface Said {
    isError?: boolean;
    content: { text: string }[];
  }

  /** What a tool says in the end: a busy machine gives a ticket first. */
  async function call(name: string, given: Record<string, unknown>): Promise<{ isError: boolean; text: string }> {
    let { isError = false, content } = (await agent.callTool({ name, arguments: given })) as unknown as Said;
    for (;;) {
      const text = content[0]?.text ?? '';
      const [, ticket] = /^\{"state":"running","ticket":"(.*?)"/.exec(text) ?? [];
      if (ticket === undefined) return { isError, text };
      const again = await agent.callTool({ name: 'ask_again', arguments: { ticket } });
      ({ isError = false, content } = again as unknown as Said);
    }
  }
  const json = async (name: string, given: Record<string, unknown>) =>
    JSON.parse((await call(name, given)).text) as Record<string, unknown>;

  it('names its tools, each with a description and a schema', async () => {
    const { tools } = await agent.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'ask_again',
      'cancel_job',
      'check_fit',
      'explain_result',
      'inspect_model',
      'list_passes',
      'submit_job',
      'wait',
    ]);
    for (const { description, inputSchema } of tools) {
      expect(description).toMatch(/\w/);
      expect(inputSchema.type).toBe('object');
    }
  });

  it('inspects a model that lies in its folder', async () => {
    expect(await json('inspect_model', { model: 'net.onnx' })).toMatchObject({
      name: 'net.onnx',
      inspection: { parameters: 250_326 },
    });
  });

  it('says what keeps a recipe from running, and of one that runs that nothing does', async () => {
    const needy = { passes: [{ pass: 'train' }] };
    expect(await json('check_fit', { model: 'net.onnx', recipe: needy })).toMatchObject({
      problems: [{ message: expect.stringContaining('reads data') as unknown }],
    });
    expect(await json('check_fit', { model: 'net.onnx', recipe: RECIPE })).toMatchObject({ problems: [] });
    expect(await json('list_passes', { pass: 'quantize' })).toMatchObject({ name: 'quantize' });
  });

  it('submits a job, follows it to its end and explains it; another is taken once it has ended', async () => {
    for (const seed of [1, 2]) {
      const recipe = { ...RECIPE, seed };
      const { job } = await json('submit_job', { model: 'latest', recipe, name: 'by an agent' });
      let state: JobState = 'queued';
      while (!isFinal(state)) ({ state } = (await json('wait', { job })) as { state: JobState });
      expect(state).toBe('succeeded');
      const { text } = await call('explain_result', { job });
      expect(text).toContain('baseline');
      expect(text).toContain('quantize');
    }
  });

  it('takes no more unfinished jobs than it may, and none that it cancelled counts', async () => {
    const { id } = await json('inspect_model', { model: 'net.onnx' });
    const endless = { method: 'generative', epochs: 1000, batchSize: 1 };
    const waiting = { model: id, recipe: { passes: [{ pass: 'distill', options: endless }] } };
    const [first, second] = await Promise.all([call('submit_job', waiting), call('submit_job', waiting)]);
    expect([first, second].filter(({ isError }) => isError).map(({ text }) => text)).toEqual([
      '1 unfinished job of this door already (--jobs): wait for one, or cancel one',
    ]);
    const { job: taken } = JSON.parse([first, second].find(({ isError }) => !isError)?.text ?? '') as { job: string };
    await call('cancel_job', { job: taken });
    while ((await json('wait', { job: taken }))['isFinal'] !== true);
    expect(await call('submit_job', waiting)).toMatchObject({ isError: false });
  });

  it.each([
    ['inspect_model', { model: join(EXAMPLE, 'seed-net.onnx') }, 'lies outside of'],
    ['inspect_model', { model: '../net.onnx' }, 'no file ../net.onnx'],
    ['inspect_model', { model: 'broken.onnx' }, 'not a readable ONNX model'],
    ['inspect_model', { model: 'nobody' }, 'there is no model "nobody"'],
    ['wait', { job: 'nobody' }, 'there is no job "nobody"'],
    ['ask_again', { ticket: 'work-0' }, 'there is no ticket work-0'],
  ])('%s of %j is refused in words', async (name, given, words) => {
    expect(await call(name, given)).toEqual({ isError: true, text: expect.stringContaining(words) as unknown });
  });
});
