import { UnsupportedModelError } from './errors.js';
import { subgraphs } from './attributes.js';
import type { FunctionProto, ModelProto, NodeProto, OperatorSetIdProto } from './proto.js';

/** Versions that this build reads: what onnxruntime 1.30 loads. */
export const MIN_OPSET = 7;
export const MAX_OPSET = 26;
export const MIN_IR_VERSION = 3;
export const MAX_IR_VERSION = 13;

/** The other spelling of the standard domain, whose usual name is empty. */
const STANDARD = 'ai.onnx';

/** The version that a model imports of a domain, 0 when it does not. */
export function opsetVersion(model: ModelProto, domain = ''): number {
  const names = domain === '' ? ['', STANDARD] : [domain];
  const found = model.opsetImport.find((entry) => names.includes(entry.domain));
  return Number(found?.version ?? 0n);
}

/** The version of a domain whose operators nodes are of: the imported one, the first where the import was left out. */
export function importedVersion(imports: readonly OperatorSetIdProto[], domain: string): number {
  return Number(imports.find((entry) => entry.domain === domain)?.version ?? 1n);
}

/** The version of the standard operators that a function imports; null for one that has none. */
export function bodyOpset({ opsetImport }: FunctionProto): number | null {
  const found = opsetImport.find(({ domain }) => domain === '');
  return found ? Number(found.version) : null;
}

/** A model's imports and those of functions whose nodes it takes in: of a domain that both have, the newest version. */
export function mergeImports(model: ModelProto, functions: Iterable<FunctionProto>): OperatorSetIdProto[] {
  const merged = new Map(model.opsetImport.map((entry) => [entry.domain, entry]));
  for (const { opsetImport } of functions) {
    for (const entry of opsetImport)
      if ((merged.get(entry.domain)?.version ?? 0n) < entry.version) merged.set(entry.domain, entry);
  }
  return [...merged.values()];
}

/** Gives the standard domain its usual name everywhere, in place: nobody else needs to know that it has two. */
export function useStandardName(model: ModelProto): void {
  nameUsual(model.opsetImport);
  nameUsual(model.functions);
  for (const { opsetImport, node } of model.functions) {
    nameUsual(opsetImport);
    nameNodes(node);
  }
  if (model.graph) nameNodes(model.graph.node);
  for (const { initialization, algorithm } of model.trainingInfo)
    for (const graph of [initialization, algorithm]) if (graph) nameNodes(graph.node);
}

function nameNodes(nodes: readonly NodeProto[]): void {
  nameUsual(nodes);
  for (const node of nodes) for (const body of subgraphs(node)) nameNodes(body.node);
}

/** What has the usual name is not touched: a field that is set is written, and one that was left out is not. */
function nameUsual(items: readonly { domain: string }[]): void {
  for (const item of items) if (item.domain === STANDARD) item.domain = '';
}

/** IR version that a file of an opset must declare at least. */
const IR_VERSIONS: readonly [opset: number, irVersion: number][] = [
  [25, 13],
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
  [13, 7],
  [11, 6],
  [9, 4],
];

/** The IR version that a file must declare at least to be of an opset. */
export function irVersionOf(opset: number): number {
  return IR_VERSIONS.find(([from]) => opset >= from)?.[1] ?? 3;
}

/** Throws UnsupportedModelError when the model's IR version or opset is not one that the runtime loads. */
export function checkVersions(model: ModelProto): void {
  const ir = Number(model.irVersion);
  if (ir < MIN_IR_VERSION || ir > MAX_IR_VERSION) {
    throw new UnsupportedModelError(
      `IR version ${ir}`,
      `export with IR version ${MIN_IR_VERSION} to ${MAX_IR_VERSION}`,
    );
  }
  const opset = opsetVersion(model);
  if (opset < MIN_OPSET || opset > MAX_OPSET) {
    throw new UnsupportedModelError(
      opset === 0 ? 'the model imports no standard opset' : `opset ${opset}`,
      `export with opset ${MIN_OPSET} to ${MAX_OPSET}`,
    );
  }
}
