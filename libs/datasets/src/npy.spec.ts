import { DTYPES, type DtypeName } from './dtype.js';
import { DatasetError } from './errors.js';
import { readNpyHeader, writeNpy } from './npy.js';

const WHERE = { file: 'f.npz', array: 'x' };

function headerOf(text: string, version = 1): Uint8Array {
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0]);
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([prefix, length, Buffer.from(text)]);
}

const read = (text: string, version?: number) => readNpyHeader(headerOf(text, version), WHERE);

describe('readNpyHeader', () => {
  it.each(Object.keys(DTYPES).filter((name) => name !== 'bf16') as DtypeName[])(
    'reads back what writeNpy wrote of %s',
    (dtype) => {
      const bytes = writeNpy(dtype, [2, 3], new Uint8Array(6 * DTYPES[dtype].bytes));
      const header = readNpyHeader(bytes, WHERE);
      expect(header).toMatchObject({ element: { dtype }, dims: [2, 3], isFortran: false });
      expect(header.dataOffset % 64).toBe(0);
      expect(bytes.length - header.dataOffset).toBe(6 * DTYPES[dtype].bytes);
    },
  );

  it.each([1, 2, 3])('reads version %i', (version) => {
    expect(read("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", version)).toMatchObject({
      element: { dtype: 'f4' },
      dims: [3],
    });
  });

  it('reads a scalar, and Fortran order where it makes no difference', () => {
    expect(read("{'descr': '<i8', 'fortran_order': False, 'shape': (), }").dims).toEqual([]);
    expect(read("{'descr': '<i8', 'fortran_order': True, 'shape': (1, 7), }")).toMatchObject({
      dims: [1, 7],
      isFortran: false,
    });
  });

  it.each([
    ['Python objects', "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }", 'dataset_dtype', 'got O'],
    ['times', "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (3,), }", 'dataset_dtype', 'a record'],
    ['records', "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }", 'dataset_dtype', 'a record'],
    ['a header without shape', "{'descr': '<f4', 'fortran_order': False}", 'dataset_format', 'shape'],
    [
      'an axis past what a number holds',
      "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
      'dataset_limit',
      'safe integers',
    ],
  ])('refuses %s', (_, text, code, hint) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(hint) }));
  });

  it('refuses what is no npy, is cut off, or claims an endless header', () => {
    expect(() => readNpyHeader(new Uint8Array(20), WHERE)).toThrow(DatasetError);
    expect(() => readNpyHeader(writeNpy('u1', [3], new Uint8Array(3)).subarray(0, 40), WHERE)).toThrow(/truncated/);
    expect(() => readNpyHeader(Buffer.concat([headerOf('', 2).subarray(0, 8), Buffer.alloc(4, 255)]), WHERE)).toThrow(
      /too long/,
    );
  });
});

describe('DTYPES', () => {
  it.each([
    ['u2', Uint16Array.of(65535), 'int32', 65535],
    ['i2', Int16Array.of(-3), 'int32', -3],
    ['u4', Uint32Array.of(4294967295), 'int64', 4294967295n],
    ['i8', BigInt64Array.of(-5n), 'int64', -5n],
    ['f2', Uint16Array.of(0x3c00), 'float32', 1],
    ['bf16', Uint16Array.of(0xc020), 'float32', -2.5],
    ['f8', Float64Array.of(0.1), 'float64', 0.1],
  ] as const)('decodes %s to a host type that holds all its values', (dtype, values, host, expected) => {
    expect(DTYPES[dtype].host).toBe(host);
    expect(DTYPES[dtype].decode(values.buffer as ArrayBuffer)[0]).toBe(expected);
  });
});
