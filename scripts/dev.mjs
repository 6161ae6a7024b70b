// npm run dev: the local server that follows its sources. API and worker are built and started anew, the page changes
// in place.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from './lib/build.mjs';
import { endWithNpm } from './lib/end-with-npm.mjs';
import { followSources } from './lib/follow-sources.mjs';
import { servePage } from './lib/page-server.mjs';
import { CommandError, ROOT } from './lib/run.mjs';
import { prepare } from './lib/setup.mjs';

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string', default: process.env.COLDPRESS_DATA ?? join(ROOT, '.coldpress') },
    port: { type: 'string', default: process.env.COLDPRESS_PORT ?? '8090' },
    'page-port': { type: 'string', default: '5173' },
    json: { type: 'boolean', default: false },
  },
});
const note = (line) => console.error(`coldpress: ${line}`);
const say = (facts, text) => console.log(flags.json ? JSON.stringify(facts) : text);

await prepare();
endWithNpm();
const { parsePartialConfig } = await import('../dist/libs/contracts/src/index.js');
const { DataFolder } = await import('../dist/apps/cli/src/up/data-folder.js');
const { LogFile } = await import('../dist/apps/cli/src/up/log-file.js');
const { startServer } = await import('../dist/apps/cli/src/up/server.js');

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());

/** Builds what has changed and starts API and worker anew; code that does not compile leaves them as they are. */
async function renew(server) {
  const from = performance.now();
  try {
    await ensureBuilt('server', note);
  } catch (error) {
    const why = error instanceof CommandError ? error.output : error.stack;
    say({ built: false }, `${why}\nnot built: API and worker go on as they were`);
    return;
  }
  await server.restartApps();
  const seconds = (performance.now() - from) / 1000;
  say({ restarted: true, seconds }, `API and worker are new after ${seconds.toFixed(1)} s`);
}

const folder = await DataFolder.take(flags.data);
const steps = [() => folder.release()];
try {
  const file = new LogFile(folder.file('server.log'));
  const log = (line) => (file.write(line), process.stderr.write(`${line}\n`));
  const config = parsePartialConfig({ ...process.env, COLDPRESS_PORT: flags.port });
  const server = await startServer({ folder, config, log, signal: stopping.signal });
  steps.push(() => server.stop());
  const page = await servePage({ api: server.url, port: Number(flags['page-port']) });
  steps.push(() => page.stop());
  const sources = followSources(page.watcher, () => renew(server));
  steps.push(() => sources.stop());
  say(
    { ready: true, url: server.url, page: page.url, apiKey: server.apiKey },
    `Coldpress runs and follows its sources\n  page     ${page.url}\n  API      ${server.url}/docs\n  API key  ${server.apiKey}\nCtrl-C stops it.`,
  );
  if (!stopping.signal.aborted) await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve));
} catch (error) {
  if (!stopping.signal.aborted) throw error;
} finally {
  for (const step of steps.reverse()) await step();
}
