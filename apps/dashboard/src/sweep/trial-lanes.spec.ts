import type { ListedTrial } from '#contracts';
import { trialLanes } from './trial-lanes.js';

const trial = (number: number, from: number, to: number | null) =>
  ({ number, createdAt: from * 1000, finishedAt: to === null ? null : to * 1000 }) as ListedTrial;

it('puts trials that run at a time into lanes of their own, and fills a lane that is free again', () => {
  const laned = trialLanes([trial(2, 6, null), trial(0, 0, 5), trial(1, 2, 8)], 10_000);
  expect(laned.map(({ trial, lane, to }) => [trial.number, lane, to / 1000])).toEqual([
    [0, 0, 5],
    [1, 1, 8],
    [2, 0, 10],
  ]);
});
