import { importancePlot } from './importance-plot.js';

const circles = (svg: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

describe('the plot of importances', () => {
  const group = { producers: ['/conv1/Conv'], channels: 4, importance: { min: 0, max: 2, counts: [2, 0, 0, 2] } };

  it('marks the cut on the line of its group, at the share that went', () => {
    const marks = circles(importancePlot([{ ...group, removed: 2 }]));
    expect(marks).toHaveLength(6);
    // Two of four channels lie in the first bin, so that the cut is the end of that bin.
    expect(marks.at(-1)).toEqual(marks[1]);
  });

  it('has no mark where nothing went, and names the group', () => {
    const svg = importancePlot([{ ...group, removed: 0 }]);
    expect(circles(svg)).toHaveLength(5);
    expect(svg).toContain('/conv1/Conv');
  });
});
