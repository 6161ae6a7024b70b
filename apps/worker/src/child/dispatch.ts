import { readFile } from 'node:fs/promises';
import type { ProcessRequest } from '#contracts';
import { inspectDataset } from '#datasets';
import { modelMetrics } from '#evaluation';
import { inspectModel, layerList, joinModel, loadModel } from '#onnx';
import type { Reporter } from '#process';
import { preflight } from './preflight.js';
import { runStage } from './run-stage.js';

/** Every kind of work that needs native code or reads a user's file. To add one: its request in contracts, its line here. */
const HANDLERS: {
  [K in ProcessRequest['kind']]: (request: Extract<ProcessRequest, { kind: K }>, report: Reporter) => Promise<unknown>;
} = {
  stage: runStage,
  inspect: async ({ modelPath }) => inspectModel(await loadModel(modelPath, { alone: true })),
  join: ({ modelPath, outputPath }) => joinModel(modelPath, outputPath),
  checkDataset: ({ datasetPath }) => inspectDataset(datasetPath),
  preflight,
  graph: async ({ beforePath, afterPath }) => ({
    before: layerList(await loadModel(beforePath, { alone: true })),
    after: layerList(await loadModel(afterPath, { alone: true })),
  }),
  measure: async ({ modelPath }) => modelMetrics(await readFile(modelPath)),
};

export function dispatch<K extends ProcessRequest['kind']>(
  request: Extract<ProcessRequest, { kind: K }>,
  report: Reporter,
): Promise<unknown> {
  const handle: (request: Extract<ProcessRequest, { kind: K }>, report: Reporter) => Promise<unknown> =
    HANDLERS[request.kind as K];
  return handle(request, report);
}
