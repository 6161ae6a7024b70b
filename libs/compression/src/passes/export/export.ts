import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExportOptions } from '#contracts';
import { Session } from '#inference';
import { parseModel, MODEL_LIMITS, writeModel, type ModelProto } from '#onnx';
import { OptionError } from '../../errors.js';
import type { Pass } from '../../pass.js';
import { moveDataOut } from './external-data.js';
import { operatorsOf, requiredOperators } from './required-operators.js';
import { unwritableWeights, widenedWeights } from './written-weights.js';

const ORT_FILE = 'exported.ort';
const ONNX_FILE = 'exported.onnx';
const DATA_FILE = 'exported.onnx.data';
const OPERATORS_FILE = 'required_operators.config';
/** The optimized graph, from which the operators are read; it is not kept. */
const SCRATCH_FILE = 'optimized.onnx';

/**
 * Writes the model as a file for the device, beside the model, which goes on as it is: in the format of ONNX Runtime,
 * with the operators that a build for it has to have, or as ONNX. Whatever is written is loaded once.
 */
export const exportPass: Pass<'export'> = {
  name: 'export',

  preflight: () => [],

  obstacles(model, options) {
    const problem = options.optimization === 'none' ? unwritableWeights(model, options) : null;
    return problem === null ? [] : [{ field: 'format', message: problem }];
  },

  async run({ model, outputPath, progress }, options) {
    progress(0, options.optimization === 'none' ? 'reading the model' : 'optimizing the graph');
    const optimized = await optimize(model, options, outputPath);
    const problem = unwritableWeights(optimized, options);
    if (problem !== null) throw new OptionError('format', problem, 'export_format');
    const widened = widenedWeights(model, optimized, options);
    progress(0.5, 'writing the file, and loading it once');
    const files =
      options.format === 'ort'
        ? await writeOrt(model, optimized, options, outputPath)
        : await writeOnnx(optimized, options, outputPath);
    const operators = operatorsOf(optimized);
    const bytes = await sizeOf(outputPath, files);
    const kinds = operators.reduce((count, { names }) => count + names.length, 0);
    progress(1);
    return {
      model: null,
      skipped: [],
      summary: {
        format: options.format,
        optimization: options.optimization,
        bytes,
        operators: Object.fromEntries(operators.map(({ domain, version, names }) => [`${domain} ${version}`, names])),
        warnings: widened === null ? [] : [widened],
        verdict: `${files[0]}: ${bytes} bytes, ${kinds} kinds of operators${fusedWords(operators)}${widened === null ? '' : `. ${widened}`}`,
      },
      files,
    };
  },
};

/** The graph as the runtime makes it, read from what it writes. */
async function optimize(model: ModelProto, { optimization }: ExportOptions, folder: string): Promise<ModelProto> {
  if (optimization === 'none') return model;
  const path = join(folder, SCRATCH_FILE);
  await (await Session.create(writeModel(model), { optimization, optimizedModelPath: path, quiet: true })).release();
  const optimized = parseModel(await readFile(path), MODEL_LIMITS);
  await rm(path);
  return optimized;
}

async function writeOrt(
  model: ModelProto,
  optimized: ModelProto,
  { optimization }: ExportOptions,
  folder: string,
): Promise<string[]> {
  const path = join(folder, ORT_FILE);
  const level = optimization === 'none' ? 'disabled' : optimization;
  const settings = { optimization: level, optimizedModelPath: path, optimizedFormat: 'ORT', quiet: true } as const;
  await (await Session.create(writeModel(model), settings)).release();
  await (await Session.create(path)).release();
  await writeFile(join(folder, OPERATORS_FILE), requiredOperators(operatorsOf(optimized)));
  return [ORT_FILE, OPERATORS_FILE];
}

async function writeOnnx(model: ModelProto, { externalData }: ExportOptions, folder: string): Promise<string[]> {
  const path = join(folder, ONNX_FILE);
  const data = externalData ? moveDataOut(model, DATA_FILE) : null;
  await writeFile(path, writeModel(model));
  if (data) await writeFile(join(folder, DATA_FILE), data);
  await (await Session.create(path)).release();
  return data ? [ONNX_FILE, DATA_FILE] : [ONNX_FILE];
}

async function sizeOf(folder: string, files: readonly string[]): Promise<number> {
  const models = files.filter((file) => file !== OPERATORS_FILE);
  const contents = await Promise.all(models.map((file) => readFile(join(folder, file))));
  return contents.reduce((bytes, content) => bytes + content.length, 0);
}

function fusedWords(operators: ReturnType<typeof operatorsOf>): string {
  const own = operators.filter(({ domain }) => domain !== 'ai.onnx').flatMap(({ names }) => names);
  return own.length === 0 ? ', all of the standard' : `; of the runtime's own: ${own.join(', ')}`;
}
