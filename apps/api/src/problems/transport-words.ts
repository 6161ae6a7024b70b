import { HttpException } from '@nestjs/common';

/** What Express's body parser and its unzipping say, by `type` or `code`, in our words. */
const WORDS: Readonly<Record<string, string>> = {
  'entity.too.large': 'the body has more bytes than the 4 MiB that are allowed for JSON: send it in several requests',
  'encoding.unsupported': 'the Content-Encoding of the body is not supported: send gzip, deflate, br or none',
  'charset.unsupported': 'the charset of the body is not supported: send UTF-8',
  'request.aborted': 'the request ended before its end: send it again',
  'request.size.invalid': 'the body is longer or shorter than its Content-Length says: send it again',
  Z_DATA_ERROR: 'the body is not what its Content-Encoding says',
  Z_BUF_ERROR: 'the packed body ends early: send it again',
};

const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'the request cannot be read: look at its address, headers and body',
  404: 'there is nothing here: /docs lists the routes',
  413: 'the request is too large',
  415: 'the content type, charset or encoding of the body is not supported',
  429: 'too many requests from this address to this route: wait as long as Retry-After says',
};

/** What a person is told of an error that the frameworks below us made, with this status. */
export function transportWords(error: unknown, status: number): string {
  const source: unknown = error instanceof HttpException ? (error.cause ?? error) : error;
  if (source instanceof URIError) return 'the address holds a %-code that is none: write %25 for a "%"';
  const { type, code } = source as { type?: unknown; code?: unknown };
  const words =
    WORDS[String(type)] ??
    WORDS[String(code)] ??
    (source instanceof HttpException ? unknownRoute(source.message) : undefined);
  return words ?? BY_STATUS[status] ?? 'the request cannot be answered';
}

/** Nest's "Cannot GET /path?query", of which the query is not told back: a key may have been put there. */
function unknownRoute(message: string): string | undefined {
  const match = /^Cannot ([A-Z]+) ([^?]*)/.exec(message);
  return match ? `there is no ${match[1]} ${(match[2] ?? '').slice(0, 200)} here: /docs lists the routes` : undefined;
}
