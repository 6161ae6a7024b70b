import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';
import { Heeds } from '../requests/heeded.js';
import { ApiProblem } from './problem-response.js';

const BINARY = { type: 'string', format: 'binary' } as const;
const HEADERS = {
  ETag: { description: 'The SHA-256 of the file, in quotes.', schema: { type: 'string' } },
  'Accept-Ranges': { schema: { type: 'string', enum: ['bytes'] } },
  'Content-Disposition': { schema: { type: 'string' } },
};

/** Documents a route that answers with a stored file: whole, a range of it, or that the client's copy is right. */
export function ApiDownload(...types: string[]): MethodDecorator {
  const formOf = (type: string) => ({ schema: type === 'application/json' ? {} : BINARY });
  const content = Object.fromEntries(types.map((type) => [type, formOf(type)]));
  return applyDecorators(
    Heeds('if-match'),
    ...['If-None-Match', 'If-Match', 'If-Range', 'Range'].map((name) =>
      ApiHeader({ name, required: false, schema: { type: 'string' } }),
    ),
    ApiResponse({ status: 200, description: 'The file.', headers: HEADERS, content } as never),
    ApiResponse({
      status: 206,
      description: 'The range of it that was asked for.',
      headers: { ...HEADERS, 'Content-Range': { schema: { type: 'string' } } },
      content,
    } as never),
    ApiResponse({ status: 304, description: 'The copy that If-None-Match names is right.' }),
    ApiProblem(404, 412, 416),
  );
}
