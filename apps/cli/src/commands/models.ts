import { all } from '#client';
import { formatBytes, type LayerNode, type Model, type ModelInspection, type ValueSummary } from '#contracts';
import type { Command } from 'commander';
import { assertWritable, save, STDOUT } from '../download.js';
import { globalOptionsOf } from '../global-options.js';
import { isModelPath } from '../model-folder.js';
import { print, table } from '../output.js';
import { readModelHere } from '../read-model.js';
import { findModel } from '../references.js';
import { pushModel } from '../uploads.js';
import { collect, context, isUri } from './context.js';

const REFERENCE = 'id, the start of one, name, or latest';

/** Layers that `inspect` shows. */
const MOST_LAYERS = 20;

/** `coldpress models push | ls | inspect | pull | rm` */
export function addModelCommands(program: Command): void {
  const models = program.command('models').description('store and look at ONNX models');

  models
    .command('push')
    .argument(
      '<file-or-uri>',
      'an ONNX file, a folder or .zip with one and its data, or an s3:// or file:// URI that the server can read',
    )
    .option('--name <name>', 'name to list it under')
    .description('upload a model, or register one that lies elsewhere')
    .action(async (source: string, { name }: { name?: string }, command: Command) => {
      const { client, json } = await context(command);
      const register = () => client.registerModel({ body: { uri: source, name } });
      const model = isUri(source) ? await register() : await pushModel(client, source, name);
      const line = `${model.id}  ${model.name}  ${formatBytes(model.bytes)}`;
      print(json, model, () => [line, ...warnings(model)].join('\n'));
    });

  models
    .command('ls')
    .description('list models, newest first')
    .action(async (_options: object, command: Command) => {
      const { client, json } = await context(command);
      const items = await collect(all(client.listModels, {}));
      function row({ id, name, bytes, inspection }: Model): string[] {
        return [id, name, formatBytes(bytes), String(inspection.parameters)];
      }
      print(json, items, () => table(['id', 'name', 'size', 'parameters'], items.map(row)));
    });

  models
    .command('inspect')
    .argument('<model>', `a stored model (${REFERENCE}), or a file, folder or .zip here, for which no server is needed`)
    .description('inputs, outputs, operators, parameters and MACs of a model, and its bytes by element type and layer')
    .action(async (reference: string, _options: object, command: Command) => {
      const { json } = globalOptionsOf(command);
      const inspected = await inspectedOf(reference, command);
      print(json, inspected.record, () => describe(inspected));
    });

  models
    .command('pull')
    .argument('<model>', REFERENCE)
    .option('-o, --output <file>', 'file to write, - for standard output; the name of the model by default')
    .description('download a model and check its digest')
    .action(async (reference: string, options: { output?: string }, command: Command) => {
      const { client, json } = await context(command);
      const { id, name } = await findModel(client, reference);
      const path = options.output ?? name.replace(/[\\/]/g, '_');
      await assertWritable(path);
      await save(await client.modelContent({ id }), id, path);
      if (path !== STDOUT) print(json, { id, path }, () => path);
    });

  models
    .command('rm')
    .argument('<model>', REFERENCE)
    .description('forget a model that no job refers to')
    .action(async (reference: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const { id, name } = await findModel(client, reference);
      await client.deleteModel({ id });
      print(json, { id, removed: true }, () => `removed ${id}  ${name}`);
    });
}

function warnings({ inspection }: Pick<Model, 'inspection'>): string[] {
  return inspection.warnings.map((warning) => `warning: ${warning}`);
}

/** What is told of a model, stored or not. */
interface Inspected {
  /** The stored model, or what was read off a file here, with its layers. */
  record: object;
  title: string;
  id: string | null;
  inspection: ModelInspection;
  layers: readonly LayerNode[];
}

/** What lies here goes first, as wherever a model may be either. */
async function inspectedOf(reference: string, command: Command): Promise<Inspected> {
  if (await isModelPath(reference)) {
    const { id, bytes, data, inspection, layers } = await readModelHere(reference);
    const record = { id, name: reference, bytes, data, inspection, layers };
    const beside = data.map((part) => `, with ${formatBytes(part.bytes)} in ${part.file}`).join('');
    return { record, title: `${reference}  ${formatBytes(bytes)}${beside}`, id, inspection, layers };
  }
  const { client } = await context(command);
  const model = await findModel(client, reference);
  const { id, name, bytes, inspection } = model;
  const { layers } = await client.modelGraph({ id });
  const title = `${name}  ${formatBytes(bytes)}`;
  return { record: { ...model, layers }, title, id, inspection, layers };
}

function describe({ title, id, inspection, layers }: Inspected): string {
  const value = ({ name: valueName, type, dims }: ValueSummary) =>
    `${valueName}: ${type}${dims ? `[${dims.join(', ')}]` : ''}`;
  const ops = Object.entries(inspection.ops).sort(([, a], [, b]) => b - a);
  const types = inspection.types?.map(({ type, tensors, bytes }) => `${type} ${formatBytes(bytes)} (${tensors})`);
  return [
    title,
    ...(id === null ? [] : [`id          ${id}`]),
    `opset       ${inspection.opset} (IR ${inspection.irVersion}, ${inspection.producer || 'unknown producer'})`,
    `inputs      ${inspection.inputs.map(value).join('; ')}`,
    `outputs     ${inspection.outputs.map(value).join('; ')}`,
    `parameters  ${inspection.parameters.toLocaleString('en-US')} (${inspection.nonZeros.toLocaleString('en-US')} non-zero)`,
    `MACs        ${inspection.macs === null ? 'unknown: the inputs have no fixed shape' : inspection.macs.toLocaleString('en-US')}`,
    `operators   ${ops.map(([op, count]) => `${op} ${count}`).join(', ')}`,
    ...(types ? [`tensors     ${types.join(', ')}`] : []),
    ...warnings({ inspection }),
    ...layerLines(layers),
  ].join('\n');
}

/** Layers by the bytes that they store, those of the most first. */
function layerLines(layers: readonly LayerNode[]): string[] {
  const stored = layers.flatMap((layer) => (layer.bytes ? [{ ...layer, bytes: layer.bytes }] : []));
  const total = stored.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total === 0) return [];
  const row = ({ name, opType, bytes, bits }: (typeof stored)[number]): string[] => [
    name,
    opType,
    formatBytes(bytes),
    `${((100 * bytes) / total).toFixed(1)} %`,
    bits === null ? '' : String(bits),
  ];
  const shown = stored.toSorted((a, b) => b.bytes - a.bytes).slice(0, MOST_LAYERS);
  const more = stored.length - shown.length;
  const rest = more > 0 ? [`and ${more} more: --json has all of them`] : [];
  return ['', table(['layer', 'operator', 'stored', 'share', 'bits'], shown.map(row)), ...rest];
}
