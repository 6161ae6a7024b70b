import { RangeNotSatisfiableError } from '#storage';
import { parseRange } from './range-header.js';

describe('the Range header', () => {
  it.each([
    ['bytes=0-3', 10, { start: 0, end: 3 }],
    ['bytes=9-9', 10, { start: 9, end: 9 }],
    ['bytes=4-', 10, { start: 4, end: 9 }],
    ['bytes=-3', 10, { start: 7, end: 9 }],
    ['bytes = 0 - 3', 10, { start: 0, end: 3 }],
  ])('asks by %s for that part of a file of %d bytes', (header, bytes, range) => {
    expect(parseRange(header, bytes)).toEqual(range);
  });

  it.each([
    ['an end beyond the file', 'bytes=8-99', { start: 8, end: 9 }],
    ['more last bytes than there are', 'bytes=-99', { start: 0, end: 9 }],
  ])('is cut off at the end of the file: %s', (_what, header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });

  it.each([undefined, '', 'bytes=-', 'bytes=5-4', 'bytes=0-1,4-5', 'lines=0-1', 'bytes=a-b', 'bytes 0-3'])(
    'gets the whole file for %s, as RFC 9110 has it for what is not served or not valid',
    (header) => {
      expect(parseRange(header, 10)).toBeUndefined();
    },
  );

  it.each([
    ['bytes=10-', 10],
    ['bytes=10-12', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
    ['bytes=-1', 0],
  ])('is refused where no byte of it is there: %s of %d bytes', (header, bytes) => {
    expect(() => parseRange(header, bytes)).toThrow(RangeNotSatisfiableError);
  });
});
