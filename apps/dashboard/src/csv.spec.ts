import { csvOf } from './csv.js';

it('is what a spreadsheet reads back: commas, quotes, lines, nothing that runs', () => {
  const rows = [
    ['a, "b"', 1.5, null],
    ['=1+1', -2, 'two\nlines'],
  ];
  expect(csvOf({ columns: ['name', 'x', 'y'], rows })).toBe(
    'name,x,y\r\n"a, ""b""",1.5,\r\n\'=1+1,-2,"two\nlines"\r\n',
  );
});
