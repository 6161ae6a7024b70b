import { leftWords } from './left-words.js';

it('tells what is left of the stage, and of the job where that is known and another time', () => {
  expect(leftWords({}, 'prune')).toBeNull();
  expect(leftWords({ leftS: 40 }, 'prune')).toBe('about 40 s left of prune');
  expect(leftWords({ leftS: 40, jobLeftS: 185 }, 'prune')).toBe('about 40 s left of prune, 3 min 5 s of the job');
  expect(leftWords({ leftS: 40, jobLeftS: 40 }, 'prune')).toBe('about 40 s left of prune');
});
