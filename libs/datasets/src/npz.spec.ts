import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { openArrayFile } from './array-file.js';
import { openDataset } from './open-dataset.js';
import { errorOf, withFolder } from './test-dataset.js';
import { writeNpz, type NpzArray } from './write-npz.js';

const vector = (data: Uint8Array): NpzArray => ({ dtype: 'u1', dims: [data.length], data });
const noise = vector(randomBytes(1000));

function openBytes(bytes: Uint8Array, name = 'a.npz') {
  return withFolder({ [name]: bytes }, async (folder) => {
    const arrays = await openArrayFile(join(folder, name));
    const values = await Promise.all(
      [...arrays.values()].map(async (array) => {
        const rows = await array.openRows();
        const target = new Uint8Array(array.dims[0]!);
        rows.read(0, target);
        rows.close();
        return target;
      }),
    );
    return { names: [...arrays.keys()], values };
  });
}

function tensors(header: object, data: Uint8Array): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data]);
}

describe('openArrayFile on npz', () => {
  it.each([false, true])('reads back what was written (compressed: %s)', async (compress) => {
    const { names, values } = await openBytes(writeNpz({ x: noise }, { compress }));
    expect(names).toEqual(['x']);
    expect(Buffer.from(values[0]!).equals(noise.data as Uint8Array)).toBe(true);
  });

  it('refuses an array whose bytes do not fill its shape', async () => {
    const error = await errorOf(
      openBytes(writeNpz({ x: { dtype: 'f4', dims: [10, 10], data: new Uint8Array(396) } })),
      'dataset_format',
    );
    expect(error.message).toMatch(/bytes of the array: expected \d+ for shape \[10,10\] of f4, got \d+/);
  });

  it('refuses a damaged array by its checksum', async () => {
    const bytes = writeNpz({ x: vector(new Uint8Array(5000).fill(7)) }, { compress: true });
    const crcOfLocalAndCentral = [14, Buffer.from(bytes).indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 16];
    for (const at of crcOfLocalAndCentral) bytes[at]! ^= 1;
    await errorOf(openBytes(bytes), 'dataset_format');
  });

  it.each([false, true])('refuses an array of which one byte was flipped (compressed: %s)', async (compress) => {
    const bytes = writeNpz({ x: vector(Uint8Array.from({ length: 5000 }, (_, i) => i % 7)) }, { compress });
    bytes[compress ? 60 : 2000]! ^= 1;
    await errorOf(openBytes(bytes), 'dataset_format');
  });

  it('neither reads nor checks what nobody asks for', async () => {
    const odd: NpzArray = { ...noise, dims: [7, 7, 7] };
    const bytes = writeNpz({ names: odd, x: noise, pickled: odd });
    await errorOf(openBytes(bytes), 'dataset_format');
    const arrays = await withFolder({ 'a.npz': bytes }, (folder) =>
      openArrayFile(join(folder, 'a.npz'), { names: new Set(['x']) }),
    );
    expect([...arrays.keys()]).toEqual(['x']);
    expect(arrays.names).toEqual(['names', 'x', 'pickled']);
  });

  it('refuses a truncated archive and one that is none', async () => {
    const bytes = writeNpz({ x: noise });
    await errorOf(openBytes(bytes.subarray(0, bytes.length - 40)), 'dataset_format');
    await errorOf(openBytes(new Uint8Array(100)), 'dataset_format');
  });

  it('refuses names that lead out of the archive', () =>
    errorOf(openBytes(writeNpz({ '../../etc/x': noise })), 'dataset_format'));

  it('refuses the same array twice', async () => {
    const bytes = Buffer.from(writeNpz({ a: noise, b: noise }));
    for (let at = bytes.indexOf('b.npy'); at >= 0; at = bytes.indexOf('b.npy')) bytes.write('a.npy', at);
    await errorOf(openBytes(bytes), 'dataset_format');
  });

  it('refuses a bomb by the sizes it declares', async () => {
    const bytes = Buffer.from(writeNpz({ x: vector(new Uint8Array(5000)) }, { compress: true }));
    const central = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    bytes.writeUInt32LE(0xfffffff0, central + 24);
    const error = await errorOf(openBytes(bytes), 'dataset_limit');
    expect(error.message).toContain('suspiciously');
  });

  it('refuses a kind of file it does not read', async () => {
    expect((await errorOf(openBytes(new Uint8Array(4), 'a.pickle'), 'dataset_format')).message).toContain(
      '.npz, .npy, .safetensors',
    );
  });
});

describe('openArrayFile on safetensors', () => {
  it('finds each tensor at its offsets', async () => {
    const header = {
      __metadata__: { format: 'np' },
      a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] },
      b: { dtype: 'U8', shape: [3], data_offsets: [2, 5] },
    };
    const { names, values } = await openBytes(tensors(header, Uint8Array.of(1, 2, 3, 4, 5)), 'a.safetensors');
    expect(names).toEqual(['a', 'b']);
    expect(values.map((data) => [...data])).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });

  it('reads bfloat16, which NumPy does not have', () => {
    const bits = new Uint8Array(Uint16Array.of(0x3f80, 0xc020).buffer);
    const files = {
      'a.safetensors': tensors({ a: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] } }, bits),
      'dataset.json': '{"name":"a","inputs":{"*":{"array":"a"}},"splits":{"test":{"file":"a.safetensors"}}}',
    };
    return withFolder(files, async (folder) => {
      const dataset = await openDataset(folder);
      for await (const { inputs } of dataset.batches('test', { batchSize: 2 }))
        expect(inputs['*']).toMatchObject({ type: 'float32', data: Float32Array.of(1, -2.5) });
      await dataset.close();
    });
  });

  it('refuses offsets outside the file and types without a place in a model', async () => {
    await errorOf(
      openBytes(tensors({ a: { dtype: 'U8', shape: [9], data_offsets: [0, 9] } }, new Uint8Array(3)), 'a.safetensors'),
      'dataset_format',
    );
    await errorOf(
      openBytes(
        tensors({ a: { dtype: 'F8_E4M3', shape: [3], data_offsets: [0, 3] } }, new Uint8Array(3)),
        'a.safetensors',
      ),
      'dataset_dtype',
    );
    await errorOf(openBytes(Buffer.alloc(20, 255), 'a.safetensors'), 'dataset_limit');
  });
});
