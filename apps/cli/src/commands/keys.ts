import { all, type Client } from '#client';
import { ApiKeyRequest, fieldProblems, KeyRole, sentenceOf, type ApiKey, type CreatedApiKey } from '#contracts';
import { Option, type Command } from 'commander';
import { UsageError } from '../errors.js';
import { print, table } from '../output.js';
import { collect, context } from './context.js';

/** `coldpress keys ls | own | add | revoke` */
export function addKeyCommands(program: Command): void {
  const keys = program.command('keys').description('API keys and what they open; for admins');

  keys
    .command('ls')
    .description('list keys with their roles and when they were last used; never the keys themselves')
    .action(async (_options: object, command: Command) => {
      const { client, json } = await context(command);
      const items = await listKeys(client);
      const head = ['name', 'role', 'made', 'last used', 'id'];
      print(json, items, () => table(head, items.map(row)));
    });

  keys
    .command('own')
    .description('tell whose key this command uses, and its role')
    .action(async (_options: object, command: Command) => {
      const { client, json } = await context(command);
      const own = await client.ownKey();
      print(json, own, () => `${own.name}  ${own.role}`);
    });

  keys
    .command('add')
    .argument('<name>', 'whose key it is')
    .addOption(new Option('--role <role>', 'what it opens').choices(KeyRole.options).default('member'))
    .description('make a key and print it, this once')
    .action(async (name: string, { role }: { role: KeyRole }, command: Command) => {
      const body = requestOf(name, role);
      const { client, json } = await context(command);
      const made = await client.createKey({ body });
      print(json, made, () => createdWords(made));
    });

  keys
    .command('revoke')
    .argument('<key>', 'name or id, as `keys ls` tells them')
    .description('take a key back: it opens nothing from now on')
    .action(async (reference: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const { id, name } = findKey(await listKeys(client), reference);
      await client.revokeKey({ id });
      print(json, { id, revoked: true }, () => `revoked ${name}`);
    });
}

const listKeys = (client: Client): Promise<ApiKey[]> => collect(all(client.listKeys, {}));

const createdWords = ({ name, role, key }: CreatedApiKey): string =>
  `${key}\nThe key of ${name}, a ${role}. It is printed this once and kept nowhere.`;

/** Throws UsageError. */
function requestOf(name: string, role: KeyRole): ApiKeyRequest {
  const result = ApiKeyRequest.safeParse({ name, role });
  if (result.success) return result.data;
  throw new UsageError(sentenceOf(fieldProblems(result.error.issues)));
}

/** The key of an id, or the only one of a name. Throws UsageError that says which there are. */
export function findKey(keys: readonly ApiKey[], reference: string): ApiKey {
  const found = keys.filter(({ id, name }) => id === reference || name === reference);
  const [only] = found;
  if (only && found.length === 1) return only;
  if (found.length > 1) {
    const ids = found.map(({ id, role }) => `${id} (${role})`).join(', ');
    throw new UsageError(`${found.length} keys have the name ${reference}: give the id of one, ${ids}`);
  }
  throw new UsageError(`there is no key ${reference}; there are ${keys.map(({ name }) => name).join(', ')}`);
}

const row = ({ name, role, createdAt, lastUsedAt, id }: ApiKey): string[] => [
  ...[name, role, createdAt.slice(0, 10)],
  lastUsedAt?.slice(0, 16).replace('T', ' ') ?? 'never',
  id,
];
