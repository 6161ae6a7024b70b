import type { ApiKey } from '#contracts';
import { findKey } from './keys.js';

const key = (id: string, name: string): ApiKey => ({
  ...{ id, name, role: 'member' },
  createdAt: '2026-12-01T00:00:00.000Z',
  lastUsedAt: null,
});

describe('a key on the command line', () => {
  const keys = [key('1', 'build'), key('2', 'ci'), key('3', 'ci')];

  it('is meant by its id, or by its name where only one has it', () => {
    expect(findKey(keys, 'build').id).toBe('1');
    expect(findKey(keys, '3').id).toBe('3');
  });

  it('that may be several is refused with their ids, and one that is none with the names', () => {
    expect(() => findKey(keys, 'ci')).toThrow('2 keys have the name ci: give the id of one, 2 (member), 3 (member)');
    expect(() => findKey(keys, 'cd')).toThrow('there is no key cd; there are build, ci, ci');
  });
});
