#!/usr/bin/env node
import { createClient } from '#client';
import { PROTOCOL } from '#contracts';
import { parseCommand, USAGE, type Command } from './arguments.js';
import { ModelCache } from './cache/model-cache.js';
import { Home, type Enrolment } from './home/home.js';
import { runtimeBytes } from './home/installed-size.js';
import { writeService } from './home/service.js';
import { runOther } from './home/update.js';
import { runAgent } from './loop/agent.js';
import { readFingerprint } from './machine/fingerprint.js';
import { runChild } from './measuring/run-child.js';
import { ownPackage } from './version.js';

type Enrol = Extract<Command, { name: 'enrol' }>;
type Run = Exclude<Command, { name: 'help' }>;

const own = ownPackage();
const log = (line: string) => void process.stdout.write(`coldpress-agent ${line}\n`);

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2));
  if (command.name === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const home = new Home(command.home);
  const enrolment = command.name === 'enrol' ? await enrol(command, home) : await known(command, home);
  if (command.service) return service(command, enrolment);
  return command.name === 'enrol' && !command.run ? 0 : run(command, home, enrolment);
}

async function enrol({ code, server, device, tags }: Enrol, home: Home): Promise<Enrolment> {
  const client = createClient({ url: server, apiKey: () => null });
  const fingerprint = readFingerprint(await runChild<'about'>({ kind: 'about' }));
  const body = { code, protocol: PROTOCOL, version: own.version, name: device, tags, fingerprint };
  const { id, name, key } = await client.enrolDevice({ body });
  await home.keep({ server, id, name, key });
  const bytes = await runtimeBytes();
  const size = bytes === null ? '' : `; the runtime takes ${Math.round(bytes / 1024 ** 2)} MiB of the disk`;
  log(`has enrolled this machine as ${name} with ${server}; its key is in ${home.path}${size}`);
  return { server, id, name, key };
}

/** The server may have moved since. */
async function known({ server }: Extract<Command, { name: 'run' }>, home: Home): Promise<Enrolment> {
  const enrolment = await home.enrolment();
  return server === null ? enrolment : { ...enrolment, server };
}

async function service({ home }: Run, { server }: Enrolment): Promise<number> {
  const { path, commands } = await writeService(home, server, own.isPackage);
  log(`has written ${path}; now type\n${commands.map((line) => `  ${line}`).join('\n')}`);
  return 0;
}

async function run(command: Run, home: Home, { server, key }: Enrolment): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const parts = {
    client: createClient({ url: server, apiKey: key }),
    cache: new ModelCache(home.modelsPath, command.cacheBytes),
    fingerprint: readFingerprint(await runChild<'about'>({ kind: 'about' })),
    version: own.version,
    mayUpdate: own.isPackage,
    log,
    onReady: tellReady,
  };
  const end = await runAgent(parts, stopping.signal);
  if (end === null) return 0;
  log(`is ${own.version}, ${server} serves ${end.update}: that one goes on`);
  return runOther(server, end.update, ['run', '--server', server, '--home', command.home]);
}

/** A supervisor that forked this process knows by a line of JSON that it is up. */
function tellReady(): void {
  if (process.connected) process.stdout.write(`${JSON.stringify({ ready: true, role: 'agent', pid: process.pid })}\n`);
}

// Nothing may outlive a supervisor that forked this process and is gone.
process.once('disconnect', () => process.exit(0));
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`coldpress-agent: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
