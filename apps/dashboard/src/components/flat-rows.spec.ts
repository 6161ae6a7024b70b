import { flatRows } from './flat-rows.js';

describe('rows of a report', () => {
  it('have a column for each width of a layer, whose names tell which', () => {
    const rows = flatRows([
      {
        node: 'conv',
        widths: [
          { bits: 4, outputSnrDb: 20 },
          { bits: 2, outputSnrDb: 8 },
        ],
      },
      { node: 'fc', widths: [{ bits: 4, outputSnrDb: 30 }] },
    ]);
    expect(rows).toEqual([
      { node: 'conv', 'outputSnrDb at bits 4': 20, 'outputSnrDb at bits 2': 8 },
      { node: 'fc', 'outputSnrDb at bits 4': 30 },
    ]);
  });

  it('have a column for what is within an object, however deep', () => {
    expect(flatRows([{ a: { b: 1, c: { d: [1, 2] } } }])).toEqual([{ 'a b': 1, 'a c d': [1, 2] }]);
  });

  it.each([
    [
      'told apart by nothing',
      [
        { bits: 4, db: 1 },
        { bits: 4, db: 2 },
      ],
      'bits 4, db 1; bits 4, db 2',
    ],
    ['without anything to tell', [{ bits: 4 }, { bits: 2 }], 'bits 4; bits 2'],
  ])('keep a list as text where its objects are %s', (_words, list, text) => {
    expect(flatRows([{ list }])).toEqual([{ list: text }]);
  });

  it('keep a list as text where it would be too many columns', () => {
    const list = Array.from({ length: 40 }, (_, epoch) => ({ epoch, loss: epoch / 2 }));
    expect(Object.keys(flatRows([{ list }])[0] ?? {})).toEqual(['list']);
  });
});
