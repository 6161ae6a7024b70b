import { addressOf, parseRoute } from './route.js';

const place = (hash: string, pathname?: string) => {
  const { query, ...rest } = parseRoute(hash, pathname);
  return { ...rest, query: Object.fromEntries(query) };
};

describe('parseRoute', () => {
  it('reads the page and what is chosen on it', () => {
    expect(place('')).toEqual({ page: 'jobs', id: '', query: {} });
    expect(place('#/jobs?state=failed&q=a+b')).toEqual({ page: 'jobs', id: '', query: { state: 'failed', q: 'a b' } });
    expect(place('#/jobs/17')).toEqual({ page: 'job', id: '17', query: {} });
    expect(place('#/compare?x=bytes')).toEqual({ page: 'compare', id: '', query: { x: 'bytes' } });
    expect(place('#/models/ab12')).toEqual({ page: 'model', id: 'ab12', query: {} });
  });

  it('knows no page behind an address that is none', () => {
    for (const hash of ['#/job', '#/jobs/17/more', '#/new/1', '#/Compare']) expect(place(hash).page).toBe('unknown');
    expect(place('', '/somewhere').page).toBe('unknown');
    expect(place('', '/docs').page).toBe('api');
  });
});

describe('addressOf', () => {
  it('leaves out empty choices, and is read back as it was written', () => {
    expect(addressOf('jobs', { state: '', q: null })).toBe('#/jobs');
    expect(place(addressOf('jobs', { state: 'failed', q: 'ratio = 50 % & more' }))).toEqual({
      page: 'jobs',
      id: '',
      query: { state: 'failed', q: 'ratio = 50 % & more' },
    });
  });
});
