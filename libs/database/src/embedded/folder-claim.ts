import { stat } from 'node:fs/promises';
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
