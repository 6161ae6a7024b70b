import { sampleChoice, withSampleChoice } from './sample-choice.js';

const SPLITS = { train: 100, test: 20 };
const read = (search: string) => sampleChoice(new URLSearchParams(search), SPLITS);

describe('which samples are shown', () => {
  it('begins with the first three of the tests, and is told by the address', () => {
    expect(read('')).toEqual({ model: '', split: 'test', count: 3, from: 0 });
    expect(read('as=ab&split=train&n=12&from=24')).toEqual({ model: 'ab', split: 'train', count: 12, from: 24 });
  });

  it('is read as it was written, and takes nothing that the server would refuse', () => {
    for (const search of ['as=ab&split=train&n=12&from=24', '', 'split=calibration&n=0&from=-1', 'n=1e3&from=x'])
      expect(read(new URLSearchParams(withSampleChoice(read(search))).toString())).toEqual(read(search));
    expect(read('split=calibration&n=0&from=-1')).toEqual({ model: '', split: 'test', count: 3, from: 0 });
    expect(read('n=25').count).toBe(3);
  });
});
