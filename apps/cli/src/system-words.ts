/** What the system's codes of a failed file or network operation mean, for who reads the message. */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder: name a file',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  ENOSPC: 'the disk is full',
  EDQUOT: 'your quota of the disk is used up',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'a link leads back to itself',
  EMFILE: 'too many open files',
  EEXIST: 'it exists already',
};

interface SystemError extends Error {
  code: string;
  path?: string;
}

/** The path and reason of a failed operation on files; undefined for errors of another kind. */
export function systemWords(error: unknown, path?: string): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const { code, path: own } = error as SystemError;
  const words = WORDS[code];
  const where = path ?? own;
  return words === undefined ? undefined : `${where === undefined ? '' : `${where}: `}${words}`;
}
