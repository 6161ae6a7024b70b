import { mutantOf, mutationSites } from '../scripts/lib/mutation-sites.mjs';

const mutants = (source: string) => mutationSites('a.ts', source).map((site) => mutantOf(source, site));

describe('the mutants of a source', () => {
  it.each([
    ['a + b;', ['a - b;']],
    ['a <= b;', ['a < b;']],
    ['a ?? b;', ['b;']],
    ['!a;', ['(a);']],
    ['f(7);', [';', 'f((7 + 1));']],
    ['if (a) b = c;', ['if (true) b = c;']],
    ['a ? b : c;', ['(b);', '(c);']],
    ['x = rows.filter(isOpen);', ['x = rows;']],
    ['x = rows.some(isOpen);', ['x = rows.every(isOpen);']],
    ['for (const a of b) continue;', ['for (const a of b) ;']],
  ])('of %s each change one place', (source, expected) => {
    expect(mutants(source)).toEqual(expected);
  });

  it('leave types and imports alone, which no test can notice', () => {
    expect(mutants(`import a from 'a';\ninterface B { c: true | 1 }\nlet d: -1 | true;`)).toEqual([]);
  });

  it('know their line', () => {
    expect(mutationSites('a.ts', '\n\na + b;')[0]).toMatchObject({ path: 'a.ts', line: 3 });
  });
});
