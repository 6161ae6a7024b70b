import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataType, GraphBuilder, makeTensor, writeModel } from '#onnx';

const run = promisify(execFile);
const IS_FORCED = process.platform === 'linux' && process.arch === 'x64';

/** Prints one element of 255 · 127 summed 64 times, as the kernels of the runtime see it. */
const PROGRAM = `
import { Session } from '#inference';
const session = await Session.create(process.env.MODEL);
const { y } = await session.run({ a: { type: 'uint8', dims: [16, 64], data: new Uint8Array(1024).fill(255) } });
console.log(y.data[0]);`;

describe('the kernels of an older CPU', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coldpress-kernels-'));
    const b = new GraphBuilder();
    const a = b.input('a', [16, 64], DataType.UINT8);
    const weights = b.initializer(makeTensor('b', DataType.INT8, [64, 16], new Int8Array(1024).fill(127)));
    b.output(b.op('MatMulInteger', [a, weights], {}, { outputs: ['y'] }), [16, 16], DataType.INT32);
    await writeFile(join(folder, 'product.onnx'), writeModel(b.build()));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const product = async (kernels: string) => {
    const args = ['scripts/kernels.mjs', kernels, process.execPath, '--input-type=module', '-e', PROGRAM];
    const { stdout } = await run(process.execPath, args, {
      env: { ...process.env, MODEL: join(folder, 'product.onnx') },
    });
    return Number(stdout);
  };

  // AVX2 adds pairs of products in 16 bits and holds each at 32,767; SSE and VNNI do not.
  const expected = { avx2: 32 * 32767, sse: 64 * 255 * 127 };

  it.each(['avx2', 'sse'] as const)('are those that a command runs on: %s', async (kernels) => {
    if (IS_FORCED) expect(await product(kernels)).toBe(expected[kernels]);
    else await expect(product(kernels)).rejects.toThrow(/on Linux x64/);
  });
});
