import type { Client } from '#client';
import type { Command } from 'commander';
import { connectToServer } from '../connection.js';
import { globalOptionsOf } from '../global-options.js';

export const isUri = (text: string): boolean => /^(s3|file):\/\//.test(text);

/** The client and the --json flag of a command. */
export async function context(command: Command): Promise<{ client: Client; json: boolean | undefined }> {
  const options = globalOptionsOf(command);
  return { client: await connectToServer(options), json: options.json };
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
