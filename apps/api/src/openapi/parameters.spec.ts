import { wordsFor } from './parameters.js';

describe('the words for a parameter', () => {
  it('are those of its path, where paths mean different things by a name', () => {
    const id = { in: 'path', name: 'id' };
    expect(wordsFor('/v1/models/{id}', id)?.description).toContain('model');
    expect(wordsFor('/v1/jobs/{id}/events', id)?.description).toContain('job');
  });

  it('are shared where the name means the same everywhere', () => {
    const limit = { in: 'query', name: 'limit' };
    expect(wordsFor('/v1/jobs', limit)).toBe(wordsFor('/v1/models', limit));
  });

  it('are not those of a parameter of the same name elsewhere in the request', () => {
    expect(wordsFor('/v1/models', { in: 'header', name: 'limit' })).toBeUndefined();
  });
});
