import { open, type FileHandle } from 'node:fs/promises';
import { DataFolderError } from './errors.js';
import { canReach, type ServerUser } from './server-user.js';

/** Descriptors 0 to 2 are the standard ones, 3 is the guard's own. */
export const FIRST_DESCRIPTOR = 4;

/**
 * Hands files to a program of another user that cannot walk to them, as below /root: we open them, and the program
 * names them by their descriptors, which only the file's own mode can refuse. So the data lies in its folder, whoever
 * can enter that.
 */
export class Handover {
  private readonly handles: FileHandle[] = [];

  constructor(private readonly user: ServerUser | null) {}

  /**
   * By which path the program gets at the file or folder. Throws DataFolderError where the system has no such paths.
   */
  async pathOf(path: string): Promise<string> {
    if (!this.user || (await canReach(path, this.user))) return path;
    if (process.platform !== 'linux') {
      throw new DataFolderError(
        path,
        'PostgreSQL cannot run as root, and its user cannot enter this folder: start as an ordinary user, or ' +
          'give a folder that all can enter',
      );
    }
    this.handles.push(await open(path, 'r'));
    return `/proc/self/fd/${FIRST_DESCRIPTOR + this.handles.length - 1}`;
  }

  /** For `stdio` of the program, from FIRST_DESCRIPTOR on. */
  get descriptors(): number[] {
    return this.handles.map(({ fd }) => fd);
  }

  /** Our own ends; the program that was started has its own. */
  async close(): Promise<void> {
    await Promise.all(this.handles.splice(0).map((handle) => handle.close()));
  }
}
