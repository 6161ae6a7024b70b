import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { expectedDigest, refuseDigest } from './content-digest.js';

const digestOf = (text: string) => createHash('sha256').update(text).digest();
const field = (text: string) => `sha-256=:${digestOf(text).toString('base64')}:`;
const request = (headers: Record<string, string>) => ({ headers }) as unknown as Request;
const digest = (headers: Record<string, string>) => expectedDigest(request(headers));

describe('the digest that a request announces', () => {
  it.each(['content-digest', 'repr-digest'])('is read from %s', (name) => {
    expect(digest({ [name]: field('a') })).toBe(digestOf('a').toString('hex'));
  });

  it('is found among those of other algorithms', () => {
    expect(digest({ 'content-digest': `sha-512=:AAAA:, ${field('a')}` })).toBe(digestOf('a').toString('hex'));
  });

  it('is none without a header', () => {
    expect(digest({})).toBeUndefined();
  });

  it('may stand in both headers, if it is the same', () => {
    expect(digest({ 'content-digest': field('a'), 'repr-digest': field('a') })).toBe(digestOf('a').toString('hex'));
    expect(() => digest({ 'content-digest': field('a'), 'repr-digest': field('b') })).toThrow('different bytes');
  });

  it.each([
    ['another algorithm alone', 'md5=:AAAA:'],
    ['too few bytes', 'sha-256=:AAAA:'],
    ['hex in place of base64', `sha-256=${digestOf('a').toString('hex')}`],
    ['nothing', ''],
    ['a name that ends in that of the algorithm', `x${field('a')}`],
  ])('is refused where it cannot be checked: %s', (_what, header) => {
    expect(() => digest({ 'content-digest': header })).toThrow('cannot be checked');
  });

  it('is refused for a body that holds no bytes of a file', () => {
    expect(() => refuseDigest(request({ 'repr-digest': field('a') }))).toThrow('not for a URI');
    expect(() => refuseDigest(request({}))).not.toThrow();
  });
});
