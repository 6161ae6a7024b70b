import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DatasetRecord, Model, Sweep, Trial } from '#contracts';
import { parse } from 'yaml';
import { Servers } from '../servers.js';
import { TABLES, type RecordedTable, type TableName } from './recorded-table.js';

const EXAMPLES = (name: string) => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
/** Digits that distillation learns from: what is recorded is a search, not how far training goes. */
const TRAINED_ON = 2000;
const FILES = ['mnist-train.npz', 'mnist-test.npz'];

/** Measures every assignment of a table's sweep with the real passes, on servers of its own. */
export async function recordTable(name: TableName, sweep: string): Promise<RecordedTable> {
  const servers = await Servers.open('postgres', { concurrency: 1 });
  try {
    const subject = await upload(servers, name);
    const launched = await servers.call<Sweep>('POST', '/v1/sweeps', { ...subject, sweep });
    await servers.follow(`/v1/sweeps/${launched.id}`);
    const ended = await servers.call<Sweep>('GET', `/v1/sweeps/${launched.id}`);
    const page = await servers.call<{ items: Trial[] }>('GET', `/v1/sweeps/${launched.id}/trials?limit=1000`);
    return tableOf(ended, page.items);
  } finally {
    await servers.stop();
  }
}

async function upload(servers: Servers, name: TableName) {
  const { folder } = TABLES[name];
  const file = async (path: string) => new Uint8Array(await readFile(EXAMPLES(path)));
  const model = await servers.call<Model>('POST', '/v1/models', await file(`${folder}/${name}.onnx`));
  const manifest = parse(await readFile(EXAMPLES(`${folder}/dataset.yaml`), 'utf8')) as Manifest;
  manifest.splits.train = { ...manifest.splits.train, count: TRAINED_ON };
  const form = new FormData();
  form.append('manifest', new Blob([JSON.stringify(manifest)]), 'dataset.json');
  for (const data of FILES) form.append('file', new Blob([await file(`seed-net/${data}`)]), data);
  const dataset = await servers.call<DatasetRecord>('POST', '/v1/datasets', form);
  return { model: model.id, dataset: dataset.id };
}

interface Manifest {
  splits: { train: Record<string, unknown> };
}

function tableOf({ document, forecast, baseline, counts, modelId }: Sweep, trials: readonly Trial[]): RecordedTable {
  if (!baseline || counts.complete !== trials.length) throw new RangeError(`not complete: ${JSON.stringify(counts)}`);
  const parameters = forecast.parameters.map((parameter) => parameter.name);
  const figures = document.objectives.map((objective) => ('metric' in objective ? String(objective.metric) : ''));
  const numberOf = (metrics: object, figure: string) => Number((metrics as Record<string, unknown>)[figure]);
  return {
    model: modelId,
    parameters,
    figures,
    baseline: figures.map((figure) => numberOf(baseline, figure)),
    rows: trials.map(({ assignment, metrics }) => [
      ...parameters.map((parameter) => assignment[parameter] ?? null),
      ...figures.map((figure) => numberOf(metrics ?? {}, figure)),
    ]),
  };
}
