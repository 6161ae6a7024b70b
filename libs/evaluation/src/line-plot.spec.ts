import { PlotData } from '#contracts';
import { linePlot } from './line-plot.js';

const plot = (series: Parameters<typeof linePlot>[0]['series']) =>
  linePlot({ title: 'a <b> & "c"', xLabel: 'ratio', yLabel: 'top-1', series });
const marks = (svg: string) =>
  [...svg.matchAll(/<circle cx="([^"]+)" cy="([^"]+)"/g)].map(([, x, y]) => [Number(x), Number(y)] as const);

describe('linePlot', () => {
  it('puts greater x to the right and greater y higher, inside the frame', () => {
    const [low, high] = marks(
      plot([
        {
          name: 'net',
          points: [
            [0, 0.91],
            [0.5, 0.97],
          ],
        },
      ]),
    );
    expect(low![0]).toBeLessThan(high![0]);
    expect(low![1]).toBeGreaterThan(high![1]);
    for (const [x, y] of [low!, high!]) expect(x >= 72 && x <= 696 && y >= 44 && y <= 364).toBe(true);
  });

  it('marks its axes with round numbers that enclose the values', () => {
    const svg = plot([
      {
        name: 'net',
        points: [
          [0, 0.913],
          [0.5, 0.972],
        ],
      },
    ]);
    const labels = [...svg.matchAll(/<text[^>]*>([\d.]+)<\/text>/g)].map(([, label]) => label);
    expect(labels).toEqual(expect.arrayContaining(['0.0', '0.5', '0.91', '0.98']));
  });

  it('marks counts with whole numbers', () => {
    const labels = [
      ...plot([
        {
          name: 'net',
          points: [
            [1, 0.5],
            [4, 0.6],
          ],
        },
      ]).matchAll(/text-anchor="middle"[^>]*>([\d.]+)<\/text>/g),
    ].map(([, label]) => label);
    expect(labels).toEqual(['1', '2', '3', '4']);
  });

  it('escapes names, and shows a legend for more than one series only', () => {
    expect(plot([{ name: 'x', points: [] }])).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
    expect(plot([{ name: 'alone', points: [[1, 1]] }])).not.toContain('>alone</text>');
    const two = plot([
      { name: 'one<', points: [[1, 1]] },
      { name: 'two', points: [[1, 2]] },
    ]);
    expect(two).toContain('>one&lt;</text>');
    expect(two).toContain('>two</text>');
  });

  it('names so many series as can be read and counts the others', () => {
    const svg = plot(Array.from({ length: 40 }, (_, i) => ({ name: `layer ${i}`, points: [[i, i]] as const })));
    expect(svg).toContain('>layer 14</text>');
    expect(svg).not.toContain('>layer 15</text>');
    expect(svg).toContain('>and 25 more</text>');
    expect(marks(svg)).toHaveLength(40);
  });

  it('holds what it shows, marks that cannot be drawn among it', () => {
    const svg = plot([
      { name: 'one</metadata>&', points: [[1, 0.5]] },
      { name: 'two', points: [[2, Number.NaN]], style: 'marks' },
    ]);
    const [, text = ''] = /<metadata>([^<]*)<\/metadata>/.exec(svg) ?? [];
    const json = text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&');
    expect(PlotData.parse(JSON.parse(json))).toEqual({
      columns: ['series', 'ratio', 'top-1'],
      rows: [
        ['one</metadata>&', 1, 0.5],
        ['two', 2, null],
      ],
    });
  });

  it('draws equal values, no values and values that are not finite', () => {
    expect(
      marks(
        plot([
          {
            name: 'flat',
            points: [
              [1, 5],
              [2, 5],
              [3, Number.NaN],
            ],
          },
        ]),
      ),
    ).toHaveLength(2);
    expect(plot([])).not.toMatch(/NaN|Infinity/);
    expect(plot([{ name: 'none', points: [[Infinity, 1]] }])).not.toMatch(/NaN|Infinity/);
  });
});
