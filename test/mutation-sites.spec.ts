import { mutantOf, mutationSites, sampleOf, withProbes } from '../scripts/lib/mutation-sites.mjs';

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
    ['x = { 7: [8] };', ['x = { 7: [(8 + 1)] };']],
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

describe('the probes of a source', () => {
  const probed = (source: string) => {
    const sites = mutationSites('a.ts', source).map((site, index) => ({ ...site, index }));
    return withProbes(source, sites);
  };
  const reachedBy = (source: string, a: unknown): number[] => {
    const reached = new Set<number>();
    Object.assign(globalThis, { coldpressReached: (index: number) => reached.add(index) });
    new Function('a', probed(source))(a);
    return [...reached].toSorted((left, right) => left - right);
  };

  it.each([
    ['if (a) a.b(); else a = 1 - a;', 0],
    ['return a?.filter(Boolean).some(Boolean) ? a.max(0).b += 1 : (a ?? 2) > -1;', [1]],
    ['for (const one of a) { if (!one) continue; a.push(1); if (a.length > 3) break; } return a.length++;', [0]],
    ['a: for (const one of [1 + 2 + 3, 2]) { if (one > 5) throw a; else return; }', null],
  ])('leave %s a source that can be compiled, and change nothing', (source, a) => {
    const outcome = (text: string) => {
      try {
        return { value: new Function('a', text)(structuredClone(a)) };
      } catch (error) {
        return { error };
      }
    };
    expect(outcome(probed(source))).toEqual(outcome(source));
    expect(() => new Function('a', probed(source))).not.toThrow();
  });

  it('say which places were reached', () => {
    expect(reachedBy('return a ? 1 : 2;', true)).toEqual([0, 1, 2]);
    expect(reachedBy('return a ? 1 : 2;', false)).toEqual([0, 1, 3]);
  });
});

describe('the sample of a seed', () => {
  const texts = (source: string, count: number) =>
    sampleOf(mutationSites('a.ts', source), count, '1').map(({ text, line }) => `${text} ${line}`);

  it('keeps a place that is in it when other lines change', () => {
    const source = 'a = b + 3;\nc = d - 4;\ne = f && 5;';
    const all = texts(source, 6).map((text) => text.slice(0, -2));
    const moved = texts(`x = y;\n\n${source}`, 6).map((text) => text.slice(0, -2));
    expect(moved).toEqual(all);
  });

  it('tells two places of the same text apart', () => {
    expect(new Set(texts('f(1);\nf(1);', 4)).size).toBe(4);
  });
});
