import { all, type Client } from '#client';
import {
  nearestName,
  type DatasetRecord,
  type Job,
  type JobItem,
  type Model,
  type Sweep,
  type SweepItem,
} from '#contracts';
import { UsageError } from './errors.js';
import { commandName } from './command-name.js';

/** Fewer digits than these are not taken for the start of an id. */
const SHORTEST_PREFIX = 4;
/** So many of those that a reference may mean are named. */
const MAX_NAMED = 5;
/** As many as the server puts on a page. */
const PAGE = 200;

interface Item {
  id: string;
  name: string | null;
  createdAt: string;
  title?: string;
}

/** A kind of things that the command line refers to. */
interface Kind<T extends Item, F> {
  noun: string;
  /** The word of its commands, as in `coldpress models ls`. */
  group: string;
  /** The command that makes the first one. */
  wayIn: string;
  id: RegExp;
  list(client: Client, limit: number): AsyncIterable<T>;
  get(client: Client, id: string): Promise<F>;
}

const DIGEST = /^[0-9a-f]{64}$/;
const MODELS: Kind<Model, Model> = {
  noun: 'model',
  group: 'models',
  wayIn: 'models push',
  id: DIGEST,
  list: (client, limit) => all(client.listModels, { limit }),
  get: (client, id) => client.getModel({ id }),
};
const DATASETS: Kind<DatasetRecord, DatasetRecord> = {
  noun: 'data set',
  group: 'datasets',
  wayIn: 'datasets push',
  id: DIGEST,
  list: (client, limit) => all(client.listDatasets, { limit }),
  get: (client, id) => client.getDataset({ id }),
};
const JOBS: Kind<JobItem, Job> = {
  noun: 'job',
  group: 'jobs',
  wayIn: 'run',
  id: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  list: (client, limit) => all(client.listJobs, { limit }),
  get: (client, id) => client.getJob({ id }),
};

const SWEEPS: Kind<SweepItem, Sweep> = {
  noun: 'sweep',
  group: 'sweep',
  wayIn: 'sweep run',
  id: JOBS.id,
  list: (client, limit) => all(client.listSweeps, { limit }),
  get: (client, id) => client.getSweep({ id }),
};

/**
 * The model of an id, the start of one, a name that only one has, or `latest`. Throws UsageError that says what else
 * there is.
 */
export const findModel = (client: Client, reference: string): Promise<Model> => find(client, MODELS, reference);
/** The data set, in the same way. */
export const findDataset = (client: Client, reference: string): Promise<DatasetRecord> =>
  find(client, DATASETS, reference);
/** The job, in the same way; its name is the one that lists show. */
export const findJob = (client: Client, reference: string): Promise<Job> => find(client, JOBS, reference);

/** The sweep, in the same way. */
export const findSweep = (client: Client, reference: string): Promise<Sweep> => find(client, SWEEPS, reference);

async function find<T extends Item, F>(client: Client, kind: Kind<T, F>, reference: string): Promise<F> {
  if (kind.id.test(reference.toLowerCase())) return kind.get(client, reference.toLowerCase());
  if (reference === 'latest') return kind.get(client, (await newest(client, kind)).id);
  const items: T[] = [];
  for await (const item of kind.list(client, PAGE)) items.push(item);
  const named = items.filter((item) => nameOf(item) === reference);
  const found = named.length > 0 ? named : withPrefix(items, reference);
  const [first, ...others] = found;
  if (first === undefined) return missing(kind, reference, items.map(nameOf));
  if (others.length > 0) return ambiguous(kind, reference, found);
  return kind.get(client, first.id);
}

async function newest<T extends Item, F>(client: Client, kind: Kind<T, F>): Promise<T> {
  for await (const item of kind.list(client, 1)) return item;
  throw new UsageError(`there is no ${kind.noun} yet: \`${commandName()} ${kind.wayIn}\` makes one`);
}

function withPrefix<T extends Item>(items: readonly T[], reference: string): T[] {
  return reference.length < SHORTEST_PREFIX ? [] : items.filter(({ id }) => id.startsWith(reference.toLowerCase()));
}

const nameOf = ({ name, title }: Item): string => name ?? title ?? '';

/** Names what may have been meant: what begins like that, or is nearly called so. */
function missing<T extends Item, F>({ noun, group, wayIn }: Kind<T, F>, reference: string, names: string[]): never {
  const isShort = reference.length < SHORTEST_PREFIX && /^[0-9a-f]+$/i.test(reference);
  const tooShort = isShort ? ` (the start of an id has at least ${SHORTEST_PREFIX} digits)` : '';
  const near = names.find((name) => reference !== '' && name.startsWith(reference)) ?? nearestName(reference, names);
  const meant = near === undefined ? '' : ` did you mean "${near}"?`;
  const lists = `\`${commandName()} ${group} ls\` lists them, \`${commandName()} ${wayIn}\` adds one`;
  throw new UsageError(`there is no ${noun} "${reference}"${tooShort}:${meant} ${lists}`);
}

function ambiguous<T extends Item, F>({ noun }: Kind<T, F>, reference: string, found: readonly T[]): never {
  const rows = found
    .slice(0, MAX_NAMED)
    .map(
      ({ id, name, title, createdAt }) =>
        `\n  ${id.slice(0, 12)}  ${createdAt.slice(0, 16).replace('T', ' ')}  ${name ?? title ?? ''}`,
    );
  const more = found.length > MAX_NAMED ? `\n  and ${found.length - MAX_NAMED} more` : '';
  throw new UsageError(
    `"${reference}" may be any of ${found.length} ${noun}s: give more of the id, or "latest" for the newest of all${rows.join('')}${more}`,
  );
}
