import { parseArgs } from 'node:util';
import { DeviceName, DeviceTags, fieldProblems, sentenceOf } from '#contracts';
import { AgentUsageError } from './errors.js';
import { DEFAULT_CACHE_BYTES } from './cache/model-cache.js';
import { DEFAULT_HOME } from './home/home.js';

export const USAGE = `usage: coldpress-agent enrol CODE --server URL --name NAME [--tag TAG]... [--home FOLDER] [--service]
       coldpress-agent run [--server URL] [--home FOLDER] [--cache-mb N] [--service]

enrol    trades the code of \`coldpress devices add\` for a key of this machine, and runs
run      waits for benchmarks and measures them
--service    writes a systemd unit that runs it at every start, and ends
--no-run     enrols only
--home       where key and models are kept; ${DEFAULT_HOME} if not given
--cache-mb   models kept at most, in MiB; ${DEFAULT_CACHE_BYTES / 1024 ** 2} if not given
`;

export type Command =
  | { name: 'help' }
  | ({ name: 'enrol'; code: string; server: string; device: string; tags: string[]; run: boolean } & Common)
  | ({ name: 'run'; server: string | null } & Common);

interface Common {
  home: string;
  cacheBytes: number;
  service: boolean;
}

const OPTIONS = {
  server: { type: 'string' },
  name: { type: 'string' },
  tag: { type: 'string', multiple: true },
  home: { type: 'string', default: DEFAULT_HOME },
  'cache-mb': { type: 'string', default: String(DEFAULT_CACHE_BYTES / 1024 ** 2) },
  service: { type: 'boolean', default: false },
  'no-run': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Reads the command line. Throws AgentUsageError. */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parsed(args);
  if (values.help || positionals.length === 0) return { name: 'help' };
  const [name, code, ...more] = positionals;
  const common = { home: values.home, cacheBytes: cacheBytes(values['cache-mb']), service: values.service };
  if (name === 'run') {
    if (code !== undefined) throw new AgentUsageError(`run takes no "${code}"`);
    return { name, server: values.server === undefined ? null : address(values.server), ...common };
  }
  if (name !== 'enrol') throw new AgentUsageError(`there is no command "${name}": it is enrol or run`);
  if (code === undefined || more.length > 0) throw new AgentUsageError('enrol takes one code: enrol CODE --server URL');
  const server = address(values.server);
  const device = checked(DeviceName, values.name, '--name');
  const tags = checked(DeviceTags, values.tag ?? [], '--tag');
  return { name, code, server, device, tags, run: !values['no-run'], ...common };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new AgentUsageError(error instanceof Error ? error.message : String(error));
  }
}

function checked<T extends typeof DeviceName | typeof DeviceTags>(schema: T, value: unknown, flag: string) {
  if (value === undefined) throw new AgentUsageError(`${flag} is missing: give this machine a name`);
  const result = schema.safeParse(value);
  if (!result.success) throw new AgentUsageError(`${flag}: ${sentenceOf(fieldProblems(result.error.issues))}`);
  return result.data as ReturnType<T['parse']>;
}

function address(server: string | undefined): string {
  if (!server || !/^https?:\/\//.test(server))
    throw new AgentUsageError('--server needs the address of the server, such as http://192.168.1.10:8090');
  return server.replace(/\/+$/, '');
}

function cacheBytes(text: string): number {
  const megabytes = Number(text);
  if (!Number.isFinite(megabytes) || megabytes < 0)
    throw new AgentUsageError(`--cache-mb needs a number, got "${text}"`);
  return megabytes * 1024 ** 2;
}
