import { types } from 'node:util';
import { errorCode } from '#contracts';

/** Base of what libs/storage throws. `code` is stable; `transient` says whether the same call may succeed later. */
export class StorageError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly transient: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Nothing is stored under the digest, or nothing lies at the URI. */
export class ObjectNotFoundError extends StorageError {
  constructor(
    readonly what: string,
    options?: ErrorOptions,
  ) {
    super('artifact_not_found', `nothing is stored at ${what}`, false, options);
  }
}

/** The bytes are not those that their name promises. */
export class DigestMismatchError extends StorageError {
  constructor(
    readonly expected: string,
    readonly got: string,
  ) {
    super('digest_mismatch', `expected bytes with SHA-256 ${expected}, got ${got}: store the file again`, false);
  }
}

/** The disk or the quota behind the store is used up. */
export class StoreFullError extends StorageError {
  constructor(where: string, options?: ErrorOptions) {
    super('store_full', `no space left in ${where}: free some or enlarge it, then try again`, true, options);
  }
}

/** The source held more bytes than the caller allows. */
export class TooLargeError extends StorageError {
  constructor(readonly maxBytes: number) {
    super('artifact_too_large', `more than the ${maxBytes} bytes allowed`, false);
  }
}

/** The source failed before its end; nothing was stored. */
export class SourceError extends StorageError {
  constructor(cause: unknown) {
    super('source_interrupted', `the bytes stopped before their end (${messageOf(cause)}): send them again`, true, {
      cause,
    });
  }
}

/** A range that starts behind the last byte, or ends before it starts. */
export class RangeNotSatisfiableError extends StorageError {
  constructor(
    readonly start: number,
    readonly end: number | undefined,
    readonly bytes: number,
  ) {
    super('range_not_satisfiable', `range ${start}-${end ?? ''} does not lie within ${bytes} bytes`, false);
  }
}

/** The store does not answer, or answers with a failure that may pass. */
export class StoreUnavailableError extends StorageError {
  constructor(where: string, cause: unknown) {
    super('store_unavailable', `${where} does not work: ${messageOf(cause)}`, true, { cause });
  }
}

/** The store refuses our credentials or permissions. */
export class StoreAccessError extends StorageError {
  constructor(where: string, cause: unknown) {
    super('store_access', `${where} refuses access (${messageOf(cause)}): check its keys and permissions`, false, {
      cause,
    });
  }
}

/** The configuration or a URI names a store that this build does not know or does not allow. */
export class UriError extends StorageError {
  constructor(
    private readonly uri: string,
    private readonly problem: string,
    options?: ErrorOptions,
  ) {
    super('uri_not_allowed', `${shown(uri)}: ${problem}`, false, options);
  }

  /** The same, with the setting that holds the URI. */
  of(setting: string): UriError {
    return new UriError(`${setting}=${this.uri}`, this.problem, { cause: this.cause });
  }
}

const SHOWN_URI = 300;

/** A URI as it may be told and logged: without what stands where credentials would, and not endlessly. */
function shown(uri: string): string {
  const clean = uri.replace(/^([A-Z_]*=?[a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1…@');
  return clean.length > SHOWN_URI ? `${clean.slice(0, SHOWN_URI)}…` : clean;
}

/** What the system's and the network's codes mean, beside the code itself, by which an operator finds more. */
const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody answers there',
  ECONNRESET: 'the connection broke off',
  EPIPE: 'the connection broke off',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ETIMEDOUT: 'no answer in time',
  TimeoutError: 'no answer in time',
  EHOSTUNREACH: 'the host cannot be reached',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of its path is a file',
  EISDIR: 'it is a folder',
  EIO: 'the disk fails',
  EMFILE: 'too many files are open',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the disk is read-only',
};

function messageOf(cause: unknown): string {
  if (!types.isNativeError(cause)) return String(cause);
  const code = errorCode(cause) ?? cause.name;
  const words = SYSTEM_WORDS[code];
  return words === undefined ? cause.message || cause.name : `${words} (${code})`;
}
