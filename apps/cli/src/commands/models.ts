import { all } from '#client';
import { formatBytes, type Model, type ValueSummary } from '#contracts';
import type { Command } from 'commander';
import { assertWritable, save, STDOUT } from '../download.js';
import { print, table } from '../output.js';
import { findModel } from '../references.js';
import { pushModel } from '../uploads.js';
import { collect, context, isUri } from './context.js';

const REFERENCE = 'id, the start of one, name, or latest';

/** `coldpress models push | ls | inspect | pull | rm` */
export function addModelCommands(program: Command): void {
  const models = program.command('models').description('store and look at ONNX models');

  models
    .command('push')
    .argument('<file-or-uri>', 'an ONNX file, or an s3:// or file:// URI that the server can read')
    .option('--name <name>', 'name to list it under')
    .description('upload a model, or register one that lies elsewhere')
    .action(async (source: string, { name }: { name?: string }, command: Command) => {
      const { client, json } = await context(command);
      const model = isUri(source)
        ? await client.registerModel({ body: { uri: source, name } })
        : await pushModel(client, source, name);
      print(json, model, () =>
        [`${model.id}  ${model.name}  ${formatBytes(model.bytes)}`, ...warnings(model)].join('\n'),
      );
    });

  models
    .command('ls')
    .description('list models, newest first')
    .action(async (_options: object, command: Command) => {
      const { client, json } = await context(command);
      const items = await collect(all(client.listModels, {}));
      const row = (model: Model) => [
        model.id,
        model.name,
        formatBytes(model.bytes),
        String(model.inspection.parameters),
      ];
      print(json, items, () => table(['id', 'name', 'size', 'parameters'], items.map(row)));
    });

  models
    .command('inspect')
    .argument('<model>', REFERENCE)
    .description('inputs, outputs, operators, parameters and MACs of a model')
    .action(async (reference: string, _options: object, command: Command) => {
      const { client, json } = await context(command);
      const model = await findModel(client, reference);
      print(json, model, () => describe(model));
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

function describe({ id, name, bytes: size, inspection }: Model): string {
  const value = ({ name: valueName, type, dims }: ValueSummary) =>
    `${valueName}: ${type}${dims ? `[${dims.join(', ')}]` : ''}`;
  const ops = Object.entries(inspection.ops).sort(([, a], [, b]) => b - a);
  return [
    `${name}  ${formatBytes(size)}`,
    `id          ${id}`,
    `opset       ${inspection.opset} (IR ${inspection.irVersion}, ${inspection.producer || 'unknown producer'})`,
    `inputs      ${inspection.inputs.map(value).join('; ')}`,
    `outputs     ${inspection.outputs.map(value).join('; ')}`,
    `parameters  ${inspection.parameters.toLocaleString('en-US')} (${inspection.nonZeros.toLocaleString('en-US')} non-zero)`,
    `MACs        ${inspection.macs === null ? 'unknown: the inputs have no fixed shape' : inspection.macs.toLocaleString('en-US')}`,
    `operators   ${ops.map(([op, count]) => `${op} ${count}`).join(', ')}`,
    ...warnings({ inspection }),
  ].join('\n');
}
