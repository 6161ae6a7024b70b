import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createClient, type Client } from '#client';
import { folderIdentity, type FolderClaim } from '#database';
import { CliError, UsageError } from './errors.js';
import { EXIT } from './exit-codes.js';
import { serverCommand } from './command-name.js';
import { patient } from './patience.js';

/** Flags that every command takes. */
export interface GlobalOptions {
  url?: string;
  apiKey?: string;
  data: string;
  json?: boolean;
}

/** Files of a data folder that `coldpress up` writes: where it listens, and the key it printed (mode 0600). */
export const SERVER_FILE = 'server.json';
export const KEY_FILE = 'api-key';

/** Connects with what the flags say, else with what the server of the data folder wrote. */
export async function connectToServer(options: GlobalOptions): Promise<Client> {
  const data = resolve(options.data);
  const url = options.url === undefined ? await serverUrl(data) : checkedUrl(options.url);
  const apiKey = options.apiKey ?? (await readOptional(join(data, KEY_FILE)))?.trim();
  if (!apiKey)
    throw new CliError(
      `no API key: give --api-key or set COLDPRESS_API_KEY (a local server keeps its own in ${join(data, KEY_FILE)})`,
      EXIT.unauthorized,
      'no_api_key',
    );
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw new CliError(
      'the API key holds characters that no key has: check --api-key and COLDPRESS_API_KEY',
      EXIT.unauthorized,
      'no_api_key',
    );
  return patient(createClient({ url: url.replace(/\/+$/, ''), apiKey }));
}

async function serverUrl(data: string): Promise<string> {
  const text = await readOptional(join(data, SERVER_FILE));
  const server = text ? published(text, join(data, SERVER_FILE)) : undefined;
  // What a copied folder says is of the server of its original.
  if (server && (server.folder === undefined || server.folder === (await folderIdentity(data)))) return server.url;
  throw new CliError(
    `no server is known: start one with \`${serverCommand()}\`, or name one with --url or COLDPRESS_URL`,
    EXIT.unreachable,
    'no_server',
  );
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(
      `"${text}" is not the address of a server: give --url or COLDPRESS_URL as http://127.0.0.1:8090`,
    );
  return text;
}

function published(text: string, path: string): FolderClaim & { url: string } {
  try {
    const server = JSON.parse(text) as FolderClaim & { url: string };
    return { ...server, url: checkedUrl(server.url) };
  } catch (cause) {
    throw new CliError(
      `${path} is damaged: start the server again, or name it with --url`,
      EXIT.unreachable,
      'no_server',
      { cause },
    );
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
