import { BadRequestException, NotFoundException } from '@nestjs/common';
import { transportWords } from './transport-words.js';

describe('the words for what the frameworks below say', () => {
  it.each([
    ['an unpacked body', { type: 'encoding.unsupported' }, 415, 'send gzip, deflate, br or none'],
    ['a body cut off', { type: 'request.aborted' }, 400, 'ended before its end'],
    ['a broken packing', { code: 'Z_DATA_ERROR' }, 400, 'not what its Content-Encoding says'],
    [
      'a fault behind an exception',
      new BadRequestException('x', { cause: { type: 'charset.unsupported' } }),
      415,
      'UTF-8',
    ],
    ['a %-code that is none', new URIError('URI malformed'), 400, 'write %25'],
    ['a status alone', {}, 404, '/docs lists the routes'],
    ['a status without words', {}, 418, 'the request cannot be answered'],
  ])('name %s and the way out', (_what, error, status, words) => {
    expect(transportWords(error, status)).toContain(words);
  });

  it('name a route that is not there, without its query and no longer than a line', () => {
    const long = new NotFoundException(`Cannot POST /${'a'.repeat(5000)}`);
    expect(transportWords(new NotFoundException('Cannot GET /v1/job?key=cp_secret'), 404)).toBe(
      'there is no GET /v1/job here: /docs lists the routes',
    );
    expect(transportWords(long, 404).length).toBeLessThan(300);
  });
});
