import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ModelLayers, ProcessRequest, UnpackRequest } from '#contracts';
import { inspectDataset, unpackModel } from '#datasets';
import { modelMetrics } from '#evaluation';
import { inspectModel, layerList, joinModel, loadModel } from '#onnx';
import type { Reporter } from '#process';
import { previewOf } from './preview-dataset.js';
import { preflight } from './preflight.js';
import { runStage } from './run-stage.js';

/**
 * Every kind of work that needs native code or reads a user's file. To add one: its request in contracts, its line
 * here.
 */
const HANDLERS: {
  [K in ProcessRequest['kind']]: (request: Extract<ProcessRequest, { kind: K }>, report: Reporter) => Promise<unknown>;
} = {
  stage: runStage,
  inspect: async ({ modelPath }) => inspectModel(await loadModel(modelPath, { alone: true })),
  join: ({ modelPath, outputPath }) => joinModel(modelPath, outputPath),
  unpack: unpacked,
  checkDataset: ({ datasetPath }) => inspectDataset(datasetPath),
  preflight,
  graph: ({ modelPaths }) => graphsOf(modelPaths),
  previewDataset: previewOf,
  measure: async ({ modelPath }) => modelMetrics(await readFile(modelPath)),
};

/** Names the model within the archive. */
async function unpacked({ archivePath, folder, outputPath, maxBytes }: UnpackRequest): Promise<string> {
  const path = await unpackModel(archivePath, folder, maxBytes);
  await joinModel(path, outputPath);
  return basename(path);
}

/** One after the other: of large models only one is held at a time. */
async function graphsOf(paths: readonly string[]): Promise<ModelLayers[]> {
  const graphs: ModelLayers[] = [];
  for (const path of paths) graphs.push({ layers: layerList(await loadModel(path, { alone: true })) });
  return graphs;
}

export function dispatch<K extends ProcessRequest['kind']>(
  request: Extract<ProcessRequest, { kind: K }>,
  report: Reporter,
): Promise<unknown> {
  const handle: (request: Extract<ProcessRequest, { kind: K }>, report: Reporter) => Promise<unknown> =
    HANDLERS[request.kind as K];
  return handle(request, report);
}
