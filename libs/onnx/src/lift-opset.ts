import { create } from '@bufbuild/protobuf';
import { subgraphs } from './attributes.js';
import { checkNode } from './check-node.js';
import { OnnxError, UnsupportedModelError } from './errors.js';
import { LIFT_RULES, type LiftScope } from './lift-rules.js';
import { Names } from './names.js';
import { MIN_OPSET, irVersionOf, opsetVersion } from './opset.js';
import { OperatorSetIdProtoSchema, type ModelProto, type NodeProto } from './proto.js';

/**
 * Rewrites operators in place until the model may declare opset `target`; a newer model stays as it is. Bodies of If
 * and Loop are lifted too. Throws UnsupportedModelError for a node that has no counterpart; the model may be changed in
 * part then.
 */
export function liftOpset(model: ModelProto, target: number): void {
  const from = opsetVersion(model);
  if (from >= target) return;
  if (from < MIN_OPSET)
    throw new UnsupportedModelError(
      `opset ${from} is too old to lift to ${target}`,
      `export the model again with opset ${MIN_OPSET} or newer`,
    );
  const graph = model.graph!;
  const place: Place = { graph, root: graph, graphs: [graph], names: Names.of(model), enlarging: new Set() };
  for (const { version, opTypes, lift } of LIFT_RULES) {
    if (version <= from || version > target) continue;
    walk(place, (scope) => {
      if (opTypes.includes(scope.node.opType) && scope.node.domain === '') lift(scope);
    });
  }
  walk(place, ({ node }) => checkLifted(node, target));
  declare(model, target);
}

type Place = Omit<LiftScope, 'node'>;

function walk(place: Place, visit: (scope: LiftScope) => void): void {
  for (const node of [...place.graph.node]) {
    visit({ ...place, node });
    for (const graph of subgraphs(node)) walk({ ...place, graph, graphs: [graph, ...place.graphs] }, visit);
  }
}

/** What no rule brought into the form that the newer opset wants is not passed off as it. */
function checkLifted(node: NodeProto, target: number): void {
  try {
    if (node.domain === '') checkNode(node, target);
  } catch (cause) {
    if (!(cause instanceof OnnxError)) throw cause;
    throw new UnsupportedModelError(
      `${node.opType} node "${node.name || node.output[0]}" cannot be lifted to opset ${target}: ${cause.message}`,
      'export the model again with the newer opset',
    );
  }
}

function declare(model: ModelProto, opset: number): void {
  const entry = defaultImport(model);
  if (entry) entry.version = BigInt(opset);
  else model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opset) }));
  const needed = irVersionOf(opset);
  if (model.irVersion < BigInt(needed)) model.irVersion = BigInt(needed);
}

function defaultImport(model: ModelProto) {
  return model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
}
