import { costText, stagesText } from './forecast-words.js';

const FORECAST = {
  stages: 3,
  stagesDistinct: 3,
  stagesCached: 1,
  seconds: 90,
  secondsUnknown: [{ pass: 'distill', stages: 1 }],
  bytes: 2048,
  bytesUnknown: [],
  memoryMb: 1200,
};

describe('what a job or a sweep will take, in words', () => {
  it('tells time, memory and disk, and which pass is not counted', () => {
    expect(stagesText(FORECAST)).toBe('3 stages, 1 of them cached');
    expect(stagesText({ ...FORECAST, stages: 8, stagesCached: 0 })).toBe('3 distinct stages of 8, none of them cached');
    const words = costText(FORECAST);
    for (const part of ['About ', 'up to 1,200 MiB', '2.05 kB of models', 'not run on this model: distill'])
      expect(words).toContain(part);
  });

  it('says what nobody knows, and that nothing is left', () => {
    expect(costText({ ...FORECAST, seconds: null, memoryMb: null })).toMatch(/^Nothing tells yet.*memory unknown/);
    expect(costText({ ...FORECAST, stagesCached: 3 })).toContain('every result is found in the cache');
  });
});
