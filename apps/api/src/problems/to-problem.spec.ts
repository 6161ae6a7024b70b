import { BadRequestException, HttpException, NotFoundException } from '@nestjs/common';
import { ApiError } from './api-error.js';
import { problemOf, toProblem } from './to-problem.js';

const withCode = (code: string, message: string) => Object.assign(new Error(message), { code });

describe('what a client is told of an error', () => {
  it('is code, words and fields of an error of ours, with the status of the table', () => {
    const fields = [{ field: 'recipe.passes', message: 'missing' }];
    expect(toProblem(new ApiError('invalid_recipe', 'the recipe has no passes', fields))).toEqual({
      type: 'urn:coldpress:problem:invalid_recipe',
      title: 'The recipe cannot be run',
      status: 422,
      code: 'invalid_recipe',
      detail: 'the recipe has no passes',
      errors: fields,
    });
  });

  it('of a field is its name and what is wrong, whatever else the error knows of it', () => {
    const secret = { field: 'model', message: 'unknown', path: '/srv/store' };
    const { errors } = toProblem(new ApiError('invalid_request', 'wrong', [secret]));
    expect(errors).toEqual([{ field: 'model', message: 'unknown' }]);
  });

  it.each([
    ['an error without a code', new Error('connect to 10.0.0.1 as root')],
    ['a code that is not in the table', withCode('ENOENT', 'open /srv/secret')],
    ['an error that calls itself internal', withCode('internal', 'the secret')],
    ['what is no error', 'the secret'],
    ['a fault of the framework', new HttpException('the secret', 500)],
    ['an error that exposes a status of ours', Object.assign(new Error('secret'), { expose: true, status: 502 })],
  ])('of %s is nothing but where to look', (_what, error) => {
    const problem = toProblem(error);
    expect(problem).toMatchObject({ status: 500, code: 'internal' });
    expect(JSON.stringify(problem)).not.toMatch(/secret|10\.0\.0\.1/);
  });

  it.each([
    [new NotFoundException('Cannot GET /v2/jobs?key=cp_secret'), 404, 'not_found', 'there is no GET /v2/jobs here'],
    [new BadRequestException(), 400, 'invalid_request', 'the request cannot be read'],
    [new HttpException('', 429), 429, 'rate_limited', 'Retry-After'],
    [Object.assign(new Error('x'), { expose: true, status: 415 }), 415, 'unsupported_media_type', 'content type'],
    [
      Object.assign(new Error('x'), { expose: true, status: 413, type: 'entity.too.large' }),
      413,
      'request_too_large',
      '4 MiB',
    ],
    [Object.assign(new Error('x'), { expose: true, status: 418 }), 400, 'invalid_request', 'cannot be answered'],
  ])('is in our words what the frameworks say (%s)', (error, status, code, words) => {
    const problem = toProblem(error);
    expect(problem).toMatchObject({ status, code });
    expect(problem.detail).toContain(words);
    expect(problem.detail).not.toContain('cp_secret');
  });

  it('has no list of fields where none is at fault', () => {
    expect(problemOf('not_found', 'gone')).not.toHaveProperty('errors');
  });
});
