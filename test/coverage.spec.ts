import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { COUNTED, coverageLine } from '../scripts/lib/coverage.mjs';

describe('the coverage that .ci/run prints', () => {
  it('is of libraries that there are', () => {
    expect(COUNTED.filter((library) => !existsSync(join('libs', library, 'src')))).toEqual([]);
  });

  it('tells lines and branches, and no figure of a run that failed', () => {
    const total = { lines: { pct: 91.23 }, branches: { pct: 88 } };
    expect(coverageLine(0, total)).toMatch(
      /^coverage: 91\.2 % of the lines and 88\.0 % of the branches of libs\/\{contracts,/,
    );
    expect(coverageLine(1, total)).toMatch(/^coverage: not counted .*exit code 1$/);
    expect(coverageLine(null)).toMatch(/^coverage: not counted .*exit code null$/);
  });
});
