import { placeLabels } from './place-labels.js';

const wish = (x: number, y: number, text: string, first = false) => ({ x, y, text, first });

it('writes beside each point that has room, on the left where the right is over the edge', () => {
  expect(
    placeLabels([wish(50, 50, 'ratio 0.5'), wish(380, 90, 'ratio 0.9')], 400).map(({ text, anchor }) => [text, anchor]),
  ).toEqual([
    ['ratio 0.5', 'start'],
    ['ratio 0.9', 'end'],
  ]);
});

it('leaves out what would lie over another, the best first', () => {
  const crowd = Array.from({ length: 40 }, (_, index) => wish(100 + index / 10, 100, `number ${index}`, index === 39));
  const placed = placeLabels(crowd, 400);
  expect(placed[0]!.text).toBe('number 39');
  expect(placed.length).toBeLessThan(8);
});
