// For `jest --setupFilesAfterEnv ./test/margins.cjs`: says at the end of each spec which bounds were met or missed by little.
const NEAR = 0.1;
const near = new Map();

function note(context, operation, received, bound, margin) {
  const place = /[\w-]+\.spec\.ts:\d+/.exec(new Error().stack)?.[0] ?? '';
  const known = near.get(place);
  if (known && known.margin <= margin) return;
  near.set(place, {
    margin,
    text: `${place}  ${operation}  ${received} against ${bound}  (${context.currentTestName})`,
  });
}

/** Share of the larger of both numbers that lies between them. */
const share = (received, bound) =>
  Math.abs(Number(received) - Number(bound)) / Math.max(Math.abs(Number(received)), Math.abs(Number(bound)), 1e-30);

const compare = (operation, holds) =>
  function (received, bound) {
    note(this, operation, received, bound, share(received, bound));
    return { pass: holds(received, bound), message: () => `expected ${received} ${operation} ${bound}` };
  };

expect.extend({
  toBeLessThan: compare('<', (a, b) => a < b),
  toBeLessThanOrEqual: compare('<=', (a, b) => a <= b),
  toBeGreaterThan: compare('>', (a, b) => a > b),
  toBeGreaterThanOrEqual: compare('>=', (a, b) => a >= b),
  toBeCloseTo(received, expected, digits = 2) {
    const limit = 10 ** -digits / 2;
    const distance = received === expected ? 0 : Math.abs(received - expected);
    note(this, 'is within', distance, limit, share(distance, limit));
    return { pass: distance < limit, message: () => `expected ${received} within ${limit} of ${expected}` };
  },
});

afterAll(() => {
  const tight = [...near.values()].filter(({ margin }) => margin < NEAR).sort((a, b) => a.margin - b.margin);
  for (const { margin, text } of tight) process.stdout.write(`${(100 * margin).toFixed(1).padStart(5)} %  ${text}\n`);
});
