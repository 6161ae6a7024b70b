import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExportOptions, QuantizeOptions } from '#contracts';
import { Session } from '#inference';
import { cloneModel, loadModel, writeModel, type ModelProto } from '#onnx';
import { convNet, mlp } from '#testing';
import { stageContext } from '../../context.fixture.js';
import { quantizePass } from '../quantize/quantize.js';
import { exportPass } from './export.js';

const FEED = {
  type: 'float32' as const,
  dims: [2, 1, 8, 8],
  data: Float32Array.from({ length: 128 }, (_, i) => Math.sin(i)),
};

async function exported<T>(
  options: object,
  use: (folder: string, files: string[], summary: Record<string, unknown>) => Promise<T>,
  model = convNet({ size: 8 }),
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'coldpress-export-'));
  try {
    const context = stageContext(cloneModel(model), { baseline: writeModel(model), seed: 1, outputPath: folder });
    const result = await exportPass.run(context, ExportOptions.parse(options));
    expect(result.model).toBeNull();
    return await use(folder, result.files ?? [], result.summary);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function answer(model: Uint8Array | string): Promise<number[]> {
  const session = await Session.create(model);
  try {
    return [...(await session.run({ [session.inputs[0]!.name]: FEED }))[session.outputs[0]!.name]!.data].map(Number);
  } finally {
    await session.release();
  }
}

describe('export', () => {
  it.each([
    [{}, ['exported.ort', 'required_operators.config']],
    [{ optimization: 'none' }, ['exported.ort', 'required_operators.config']],
    [{ format: 'onnx', optimization: 'none' }, ['exported.onnx']],
    [{ format: 'onnx', optimization: 'basic', externalData: true }, ['exported.onnx', 'exported.onnx.data']],
  ])('writes files that answer as the model does: %j', (options, names) =>
    exported(options, async (folder, files) => {
      expect(files).toEqual(names);
      const expected = await answer(writeModel(convNet({ size: 8 })));
      const got = await answer(join(folder, names[0]!));
      got.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
      if (names[0] === 'exported.ort')
        expect((await readFile(join(folder, 'exported.ort'))).toString('latin1', 4, 8)).toBe('ORTM');
    }),
  );

  it('lists the operators that a minimal build needs: fused ones of the runtime where it fuses', async () => {
    const configOf = (options: object) =>
      exported(options, (folder) => readFile(join(folder, 'required_operators.config'), 'utf8'));
    expect(await configOf({ optimization: 'none' })).toMatch(/^ai\.onnx;\d+;.*Conv.*Relu/m);
    expect(await configOf({})).toMatch(/^com\.microsoft;1;FusedConv$/m);
  });

  it('leaves large weights out of an ONNX file, where both are read together again', () =>
    exported({ format: 'onnx', optimization: 'none', externalData: true }, async (folder) => {
      const model = await loadModel(join(folder, 'exported.onnx'));
      const weightsOf = ({ graph }: ModelProto) =>
        graph!.initializer.map(({ name, rawData }) => [name, Buffer.from(rawData).toString('hex')]);
      expect(weightsOf(model)).toEqual(weightsOf(convNet({ size: 8 })));
      const [bytes, data] = await Promise.all(
        ['exported.onnx', 'exported.onnx.data'].map((name) => readFile(join(folder, name))),
      );
      expect(data!.length).toBeGreaterThan(bytes!.length);
    }));

  describe.each<[string, object]>([
    ['8 bits', { weightBits: 8 }],
    ['4 bits', { weightBits: 4 }],
    ['half precision', { scheme: 'float16' }],
  ])('of weights in %s', (_, given) => {
    const small = async () => {
      const options = QuantizeOptions.parse({ scheme: 'weightOnly', ...given });
      const { model } = await quantizePass.run(stageContext(mlp([64, 256, 10])), options);
      return model!;
    };
    const exportedAs = async (options: object) =>
      exported(
        options,
        async (_folder, _files, { bytes, warnings, verdict }) => ({ bytes, warnings, verdict }),
        await small(),
      );

    it.each(['ort', 'onnx'])(
      'says where optimizing makes floats of them, with a way out that works: %s',
      async (format) => {
        const { warnings, verdict } = await exportedAs({ format });
        expect(warnings).toEqual([expect.stringMatching(/optimizing turned what is stored .* into floats/)]);
        const [warning] = warnings as [string];
        expect(verdict).toContain(warning);
        const [, chosen] = /(?:format: (onnx) with )?optimization: none/.exec(warning)!;
        const kept = await exportedAs({ format: chosen ?? format, optimization: 'none' });
        expect(kept.warnings).toEqual([]);
        expect(kept.bytes).toBeLessThan(writeModel(await small()).length + 20_000);
      },
    );
  });

  it('refuses integers that the format of the runtime does not know, before and in the stage', async () => {
    const options = QuantizeOptions.parse({ scheme: 'weightOnly', weightBits: 4 });
    const { model } = await quantizePass.run(stageContext(mlp([64, 256, 10])), options);
    const none = ExportOptions.parse({ optimization: 'none' });
    const problem = /holds no int4, .* choose format: onnx with optimization: none, or quantize to 8 bits/;
    expect(exportPass.obstacles?.(model!, none, new Map())).toEqual([
      { field: 'format', message: expect.stringMatching(problem) },
    ]);
    await expect(exported({ optimization: 'none' }, async () => null, model!)).rejects.toThrow(problem);
    expect(exportPass.obstacles?.(model!, ExportOptions.parse({}), new Map())).toEqual([]);
  });

  it('refuses external data of a format that is one file', () => {
    expect(() => ExportOptions.parse({ externalData: true })).toThrow(/the format ort is one file/);
  });
});
