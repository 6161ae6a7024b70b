import type { Dataset, Model } from '#contracts';
import type { Command } from 'commander';
import type { Client } from '../client.js';
import { connect, type GlobalOptions } from '../connection.js';
import { UsageError } from '../errors.js';

/** Finds a model by id, by the start of its id, or by name (the newest of that name). */
export async function findModel(client: Client, reference: string): Promise<Model> {
  return findByReference(client.listModels(), reference, 'model');
}

/** Finds a data set in the same way. */
export async function findDataset(client: Client, reference: string): Promise<Dataset> {
  return findByReference(client.listDatasets(), reference, 'dataset');
}

async function findByReference<T extends { id: string; name: string }>(
  items: AsyncIterable<T>,
  reference: string,
  what: string,
): Promise<T> {
  for await (const item of items) {
    if (item.name === reference || (reference.length >= 6 && item.id.startsWith(reference))) return item;
  }
  throw new UsageError(
    `there is no ${what} "${reference}": \`coldpress ${what}s ls\` lists them, \`coldpress ${what}s push\` adds one`,
  );
}

export const isUri = (text: string): boolean => /^(s3|file):\/\//.test(text);

/** The client and the --json flag of a command. */
export async function context(command: Command): Promise<{ client: Client; json: boolean | undefined }> {
  const options = command.optsWithGlobals<GlobalOptions>();
  return { client: await connect(options), json: options.json };
}

/** The items of a listing, at most `limit`. */
export async function collect<T>(items: AsyncIterable<T>, limit = Infinity): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) {
    if (collected.length >= limit) break;
    collected.push(item);
  }
  return collected;
}
