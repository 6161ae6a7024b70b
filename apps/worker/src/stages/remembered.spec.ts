import { Remembered } from './remembered.js';

describe('what is remembered', () => {
  it('is asked for once, also by two at a time, and only what is not known', async () => {
    const asked: string[][] = [];
    const lengths = new Remembered(8, async (keys) => {
      asked.push([...keys]);
      return keys.map((key) => key.length);
    });
    expect(await Promise.all([lengths.of(['a', 'bb', 'a']), lengths.of(['bb', 'ccc'])])).toEqual([
      [1, 2, 1],
      [2, 3],
    ]);
    expect(asked).toEqual([['a', 'bb'], ['ccc']]);
  });

  it('is asked for anew where it failed, and where others took its place', async () => {
    let calls = 0;
    const answers = new Remembered(2, async (keys) => {
      if ((calls += 1) === 1) throw new Error('the store does not answer');
      return keys.map(() => calls);
    });
    await expect(answers.of(['a', 'b'])).rejects.toThrow('the store does not answer');
    expect(await answers.of(['a'])).toEqual([2]);
    expect(await answers.of(['b', 'c'])).toEqual([3, 3]);
    expect(await answers.of(['c', 'b'])).toEqual([3, 3]);
    expect(await answers.of(['a'])).toEqual([4]);
  });
});
