import { z } from 'zod';
import { sentenceOf, type FieldProblem } from './field-problems.js';
import { nameDistance } from './nearest-name.js';
import { told } from './zod-words.js';

function url(protocols: string[]) {
  const hasOne = (text: string) => protocols.some((protocol) => text.startsWith(`${protocol}://`));
  return z.string().refine(hasOne, { message: `a URL starting with ${protocols.join(':// or ')}://` });
}

/**
 * Everything that the environment decides, parsed once at start. Variables are the keys below in COLDPRESS_UPPER_SNAKE.
 */
export const Config = z.object({
  host: z.string().default('127.0.0.1').describe('Address the API listens on.'),
  port: z.coerce.number().int().min(0).max(65535).default(8090),
  databaseUrl: url(['postgres', 'postgresql']).describe('PostgreSQL that keeps the records.'),
  redisUrl: url(['redis', 'rediss'])
    .optional()
    .describe('Redis for the queue; without it the queue lives in PostgreSQL.'),
  storeUrl: z.string().describe('`file:///folder` or `s3://bucket/prefix`.'),
  s3Endpoint: z.string().optional(),
  s3DeviceEndpoint: url(['http', 'https'])
    .optional()
    .describe('Where devices reach the S3 server to download from it; the address of `s3Endpoint` by default.'),
  s3Region: z.string().default('us-east-1'),
  s3AccessKeyId: z.string().optional(),
  s3SecretAccessKey: z.string().optional(),
  workPath: z.string().describe('Folder for temporary files of stages and uploads.'),
  importPath: z.string().optional().describe('The only folder below which file:// URIs may be registered.'),
  importS3: z.string().optional().describe('The s3:// folders whose objects may be registered, with commas between.'),
  apiKeyFile: z
    .string()
    .optional()
    .describe('File, mode 0600, that the API writes the first key to when it creates it.'),
  dashboardPath: z.string().optional().describe('Folder of the built dashboard.'),
  concurrency: z.coerce.number().int().min(1).default(1).describe('Stages that one worker runs at a time.'),
  stageThreads: z.coerce.number().int().min(1).default(2).describe('Threads that one stage may use.'),
  stageMemoryMb: z.coerce.number().int().min(256).default(4096).describe('Memory ceiling of a stage process, in MiB.'),
  stageTimeoutS: z.coerce
    .number()
    .int()
    .min(1)
    .default(6 * 3600)
    .describe('Deadline of a stage, in seconds.'),
  customMetrics: z
    .enum(['deny', 'allow'])
    .default('deny')
    .describe(
      'Whether recipes may bring modules that compute figures: who may submit a job then runs code on the workers.',
    ),
  trustProxy: z
    .string()
    .regex(/^(\d+|[\w.:/, ]+)$/)
    .optional()
    .describe(
      'Proxies whose X-Forwarded-For is believed: how many stand before the API, or their addresses with commas between.',
    ),
  requestsPerMinute: z.coerce
    .number()
    .int()
    .min(1)
    .default(6000)
    .describe('Requests of one address to one route in a minute; more are answered by 429.'),
  maxUploadBytes: z.coerce
    .number()
    .int()
    .min(1)
    .default(8 * 1024 ** 3),
  checkpointMs: z.coerce
    .number()
    .int()
    .min(10)
    .default(30_000)
    .describe('How often at most the checkpoint of a running stage goes to the store.'),
  lockMs: z.coerce
    .number()
    .int()
    .min(500)
    .default(30_000)
    .describe('How long a stage may go without a sign of life before another worker takes it over.'),
  deviceHeartbeatMs: z.coerce
    .number()
    .int()
    .min(50)
    .default(10_000)
    .describe('How often a device says that it still measures.'),
  deviceLostMs: z.coerce
    .number()
    .int()
    .min(200)
    .default(30_000)
    .describe('How long a device may go unheard of before another takes its benchmark over.'),
  benchmarkAttempts: z.coerce
    .number()
    .int()
    .min(1)
    .default(5)
    .describe('Times that devices begin a benchmark before it fails.'),
  benchmarkStallMs: z.coerce
    .number()
    .int()
    .min(200)
    .default(15 * 60_000)
    .describe('How long a device may say that it still measures without getting on before its benchmark is given up.'),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});
export type Config = Readonly<z.infer<typeof Config>>;

/** Variables of the command and of tests. */
const OTHER_VARIABLES = new Set(['COLDPRESS_URL', 'COLDPRESS_API_KEY', 'COLDPRESS_DATA']);

/** A variable that is nearly one of ours would be ignored without a word. Throws ConfigError. */
function refuseTypos(environment: Record<string, string | undefined>): void {
  const known = Object.keys(Config.shape).map(variableName);
  const isStrange = (name: string) => !known.includes(name) && !OTHER_VARIABLES.has(name);
  const names = Object.keys(environment).filter((name) => name.startsWith('COLDPRESS_') && isStrange(name));
  const problems = names.flatMap((field) => {
    const near = known.find((name) => nameDistance(field, name) <= 2);
    return near === undefined ? [] : [{ field, message: `there is no such variable: did you mean ${near}?` }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Reads those COLDPRESS_* variables that are set, with no defaults and nothing required. Throws ConfigError. */
export function parsePartialConfig(environment: Record<string, string | undefined>): Partial<Config> {
  refuseTypos(environment);
  const given = (key: string) => environment[variableName(key)];
  const set = Object.keys(Config.shape).filter((key) => given(key) !== undefined && given(key) !== '');
  const mask = Object.fromEntries(set.map((key) => [key, true]));
  const schema = Config.pick(mask as Partial<Record<keyof Config, true>>);
  const values = Object.fromEntries(set.map((key) => [key, given(key)]));
  return parsed(schema, values) as Partial<Config>;
}

/** Reads COLDPRESS_* variables. Throws ConfigError naming each wrong one. */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  refuseTypos(environment);
  const values = Object.keys(Config.shape).map((key) => [key, environment[variableName(key)]] as const);
  const set = values.filter(([, value]) => value !== undefined && value !== '');
  return Object.freeze(parsed(Config, Object.fromEntries(set)));
}

/** The environment that makes parseConfig return this configuration: how a parent configures a child process. */
export function toEnvironment(config: Partial<Config>): Record<string, string> {
  const entries = Object.entries(config).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [variableName(key), String(value)]));
}

/** Variables of the environment that are wrong, each under its name. */
export class ConfigError extends Error {
  readonly code = 'config';

  constructor(
    readonly problems: readonly FieldProblem[],
    options?: ErrorOptions,
  ) {
    super(sentenceOf(problems), options);
    this.name = 'ConfigError';
  }
}

function parsed<T extends z.ZodType>(schema: T, values: Record<string, string | undefined>): z.infer<T> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const key = String(issue.path[0] ?? '');
    const isTold = values[key] === undefined || issue.message.includes('got ');
    const got = isTold ? '' : `, got ${told(values[key])}`;
    return { field: variableName(key), message: `${issue.message}${got}` };
  });
  throw new ConfigError(problems, { cause: result.error });
}

export function variableName(key: string): string {
  return `COLDPRESS_${key.replace(/([A-Z])/g, '_$1').toUpperCase()}`;
}
