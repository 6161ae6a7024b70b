import { dirname, relative } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** How the user calls this command: by its name, or through npm from within the checkout or from elsewhere. */
export function commandName(environment: Environment = process.env): string {
  const { npm_lifecycle_event: script, npm_package_json: manifest, INIT_CWD: from } = environment;
  if (script !== 'coldpress' || manifest === undefined) return 'coldpress';
  return `npm ${prefix(manifest, from)}run coldpress --`;
}

/** How the user starts a server that stays. */
export function serverCommand(environment: Environment = process.env): string {
  const { npm_lifecycle_event: script, npm_package_json: manifest, INIT_CWD: from } = environment;
  if (script !== 'coldpress' || manifest === undefined) return 'coldpress up';
  return `npm ${prefix(manifest, from)}start`;
}

/** What npm has to be told to find the checkout from where the user stands. */
function prefix(manifest: string, from: string | undefined): string {
  const root = dirname(manifest);
  const isInside = from === undefined || !relative(root, from).startsWith('..');
  return isInside ? '' : `--prefix ${quoted(root)} `;
}

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
