import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface OwnPackage {
  version: string;
  /** Whether this is the package that a server serves, and not a checkout. */
  isPackage: boolean;
}

/** The package that this agent came in. */
export function ownPackage(): OwnPackage {
  const path = fileURLToPath(new URL('./package.json', import.meta.url));
  if (!existsSync(path)) return { version: 'checkout', isPackage: false };
  return { version: (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version, isPackage: true };
}
