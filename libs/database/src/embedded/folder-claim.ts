import { mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataFolderInUseError } from './errors.js';
import { identify, isSameProcess, type ProcessIdentity } from './process-identity.js';

/** Who uses a folder. It names the folder itself, so that in a copy it says nothing of the copy. */
export interface FolderClaim extends ProcessIdentity {
  /** Absent in claims of earlier versions. */
  readonly folder?: string;
}

/** The folder itself, whatever it is called: a moved folder is the same, a copy is another. */
export async function folderIdentity(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}

/** This process's claim of a folder. */
export async function claimOf(folder: string): Promise<Required<FolderClaim>> {
  return { ...(await identify(process.pid)), folder: await folderIdentity(folder) };
}

/** Whether a living process claims this very folder. */
export async function isClaimed(claim: FolderClaim, folder: string): Promise<boolean> {
  const isOfFolder = claim.folder === undefined || claim.folder === (await folderIdentity(folder));
  return isOfFolder && (await isSameProcess(claim));
}

/**
 * Makes us the one living owner of the folder, made when missing; the claim of a dead process is void. Returns its real
 * path.
 */
export async function claimFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  const root = await realpath(path);
  const file = join(root, 'owner.json');
  const owner = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as FolderClaim,
    () => null,
  );
  if (owner && (await isClaimed(owner, root))) throw new DataFolderInUseError(root, owner.pid);
  await writeFile(file, JSON.stringify(await claimOf(root)));
  return root;
}

export async function releaseFolder(root: string): Promise<void> {
  await rm(join(root, 'owner.json'), { force: true });
}
