import { create } from '@bufbuild/protobuf';
import { subgraphs } from './attributes.js';
import { UnsupportedModelError } from './errors.js';
import { LIFT_RULES, OLDEST_OPSET, type LiftScope } from './lift-rules.js';
import { Names } from './names.js';
import { irVersionOf, opsetVersion } from './opset.js';
import { OperatorSetIdProtoSchema, type ModelProto } from './proto.js';

/**
 * Rewrites operators in place until the model may declare opset `target`; a newer model stays as it is. Bodies of If and
 * Loop are lifted too. Throws UnsupportedModelError below opset 9, and for a node that has no counterpart.
 */
export function liftOpset(model: ModelProto, target: number): void {
  const from = opsetVersion(model);
  if (from >= target) return;
  if (from < OLDEST_OPSET) throw new UnsupportedModelError(`opset ${from} is too old to lift to ${target}`, `export the model again with opset ${OLDEST_OPSET} or newer`);
  const names = Names.of(model);
  for (const { version, opTypes, lift } of LIFT_RULES) {
    if (version <= from || version > target) continue;
    walk({ graph: model.graph!, root: model.graph!, names }, (scope) => {
      if (opTypes.includes(scope.node.opType) && scope.node.domain === '') lift(scope);
    });
  }
  declare(model, target);
}

function walk(place: Omit<LiftScope, 'node'>, visit: (scope: LiftScope) => void): void {
  for (const node of [...place.graph.node]) {
    visit({ ...place, node });
    for (const graph of subgraphs(node)) walk({ ...place, graph }, visit);
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
