import { UriError } from './errors.js';

/** A URI that was read to the last character: nothing of it is left unheeded. */
export type ParsedUri = { kind: 's3'; bucket: string; key: string } | { kind: 'file'; path: string };

const FORMS = 'give s3://bucket/key or file:///path';
/** What S3 allows, in UTF-8. */
const MAX_KEY_BYTES = 1024;
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * Reads `s3://bucket/key` and `file:///path`, whose parts are percent-decoded once. Throws UriError that names the part
 * at fault: what a URI may have besides – a query, a fragment, a user, a port – would change what is meant, and is
 * refused.
 */
export function parseUri(uri: string): ParsedUri {
  const match = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?([^]*)$/i.exec(uri);
  if (!match) throw new UriError(uri, `this is not a URI: ${FORMS}`);
  const [, scheme = '', authority, rest = ''] = match;
  const kind = scheme.toLowerCase();
  if (kind !== 's3' && kind !== 'file') throw new UriError(uri, `${scheme}: cannot be read: ${FORMS}`);
  if (authority === undefined) throw new UriError(uri, `two slashes are missing after "${scheme}:": ${FORMS}`);
  refuseUnheeded(uri, rest);
  const place = decoded(uri, rest);
  return kind === 's3' ? s3Uri(uri, authority, place) : fileUri(uri, authority, place);
}

/** The URI of another file in the same folder. */
export function siblingUri(uri: string, name: string): string {
  return uri.slice(0, uri.lastIndexOf('/') + 1) + encodeURIComponent(name);
}

/** What the file is called at the end of its path. Throws UriError. */
export function fileNameOf(uri: string): string {
  const parsed = parseUri(uri);
  const path = parsed.kind === 's3' ? parsed.key : parsed.path;
  return path.slice(path.lastIndexOf('/') + 1);
}

function refuseUnheeded(uri: string, rest: string): void {
  const at = rest.search(/[?#]/);
  if (at < 0) return;
  if (rest[at] === '#')
    throw new UriError(uri, 'a "#" and what follows it would be left out: write %23 for a "#" in a name');
  const versionId = /[?&]versionId=/i.test(rest) ? 'a version of an object cannot be named, the newest is read; ' : '';
  throw new UriError(uri, `a "?" and what follows it would be left out: ${versionId}write %3F for a "?" in a name`);
}

function decoded(uri: string, path: string): string {
  const wrong = /%(?![0-9a-f]{2})/i.exec(path);
  if (wrong)
    throw new UriError(
      uri,
      `"${path.slice(wrong.index, wrong.index + 3)}" is no %-code: write %25 for a "%" in a name`,
    );
  const text = decodeUtf8(uri, path);
  if (CONTROL.test(text))
    throw new UriError(uri, 'a name holds a control character (%00 to %1F, %7F): rename the file');
  if (text.split('/').some((name) => name === '.' || name === '..'))
    throw new UriError(uri, '"." and ".." are not followed: give the whole path');
  return text;
}

function decodeUtf8(uri: string, path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new UriError(
      uri,
      `the %-codes are not UTF-8: encode each byte of the name's UTF-8, as "ä" by %C3%A4, and write %25 for a "%"`,
    );
  }
}

function s3Uri(uri: string, authority: string, path: string): ParsedUri {
  if (authority.includes('@'))
    throw new UriError(
      uri,
      'a URI carries no credentials: the server reads with its own, leave out everything before the bucket',
    );
  if (authority.includes(':'))
    throw new UriError(
      uri,
      'an s3:// URI has no port, its first part is the bucket: the server that it lies on is set by ' +
        'COLDPRESS_S3_ENDPOINT',
    );
  if (!BUCKET.test(authority))
    throw new UriError(
      uri,
      authority === ''
        ? `the bucket is missing: ${FORMS}`
        : `"${authority}" is no name of a bucket (3 to 63 of a-z, 0-9, "." and "-")`,
    );
  const bytes = Buffer.byteLength(path) - 1;
  if (bytes > MAX_KEY_BYTES) throw new UriError(uri, `the key has ${bytes} bytes, S3 allows ${MAX_KEY_BYTES}`);
  return { kind: 's3', bucket: authority, key: path.slice(1) };
}

function fileUri(uri: string, authority: string, path: string): ParsedUri {
  if (authority !== '' && authority.toLowerCase() !== 'localhost') {
    throw new UriError(
      uri,
      authority.includes('@')
        ? 'a URI carries no credentials: give file:///path'
        : `"${authority}" stands where a host would: files are read from the server's own disk, give ` +
            'file:///path with three slashes',
    );
  }
  if (path === '') throw new UriError(uri, 'the path is missing: give file:///path');
  // An encoded slash would be part of a name, which no file system allows.
  if (/%2f/i.test(uri)) throw new UriError(uri, 'no name holds a "/" (%2F): write those between names as they are');
  return { kind: 'file', path };
}
