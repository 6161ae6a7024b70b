import { noteOn } from './queue-note.js';

describe('how many jobs are ahead of one', () => {
  const list = (...ids: string[]) => ids.map((id) => ({ id }));

  it.each([
    ['none', { queued: list('newer', 'it'), running: [] }, undefined],
    ['those before it, and those that run', { queued: list('it', 'b', 'a'), running: list('r') }, '3 jobs ahead, 1 of'],
    ['one', { queued: list('it'), running: list('r') }, '1 job ahead, 1 of them begun'],
    ['no more, once it has begun', { queued: list('newer'), running: list('it', 'r') }, undefined],
    ['not itself, where it began between the two lists', { queued: list('it'), running: list('it') }, undefined],
  ])('is %s', (_, lists, note) => {
    expect(noteOn('it', lists)).toEqual(note === undefined ? undefined : expect.stringContaining(note));
  });
});
