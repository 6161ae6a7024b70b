import { InvalidModelError, UnsupportedModelError } from './errors.js';
import { isTabled, operatorForm, operatorVersions, type Arity, type OperatorForm } from './operators/operator-table.js';
import { AttributeType, type AttributeProto, type NodeProto } from './proto.js';

/** Attributes of this beginning belong to whoever wrote them; no operator reads them. */
const PRIVATE = '__';

/**
 * Checks that a node is what its operator takes in that version of its domain: known, as many inputs and outputs, its
 * attributes of the right types. Every rule of the library may rely on it. Throws InvalidModelError or
 * UnsupportedModelError naming the node.
 */
export function checkNode(node: NodeProto, version: number): void {
  if (!isTabled(node.domain)) return;
  const form = operatorForm(node.domain, node.opType, version);
  if (!form) throw unknownOperator(node, version);
  checkCount(node, 'input', trimmed(node.input).length, form.inputs);
  checkCount(node, 'output', node.output.length, [form.outputs[0], Infinity]);
  checkCount(node, 'output', trimmed(node.output).length, [0, form.outputs[1]]);
  checkAttributes(node, form);
}

/** A node by its name, or else by its first output, for messages. */
export function nodeText(node: NodeProto): string {
  return node.name ? `"${node.name}" (${node.opType})` : `${node.opType} -> "${node.output[0] ?? ''}"`;
}

function checkCount(node: NodeProto, what: string, got: number, [least, most]: Arity): void {
  if (got >= least && got <= most) return;
  const wanted =
    least === most
      ? `${least}`
      : most === Infinity
        ? `at least ${least}`
        : got > most
          ? `at most ${most}`
          : `${least} to ${most}`;
  throw new InvalidModelError(
    `node ${nodeText(node)} has ${got} ${what}${got === 1 ? '' : 's'}, and the operator takes ${wanted}`,
  );
}

function checkAttributes(node: NodeProto, { attributes }: OperatorForm): void {
  const given = new Set<string>();
  for (const attribute of node.attribute) {
    if (given.has(attribute.name))
      throw new InvalidModelError(`node ${nodeText(node)} has the attribute "${attribute.name}" twice`);
    given.add(attribute.name);
    if (!attribute.name.startsWith(PRIVATE)) checkAttribute(node, attribute, attributes.get(attribute.name)?.type);
  }
  for (const [name, { isRequired }] of attributes) {
    if (isRequired && !given.has(name))
      throw new InvalidModelError(`node ${nodeText(node)} lacks the attribute "${name}", which the operator needs`);
  }
}

function checkAttribute(node: NodeProto, attribute: AttributeProto, type: AttributeType | undefined): void {
  if (type === undefined)
    throw new InvalidModelError(
      `node ${nodeText(node)} has the attribute "${attribute.name}", which the operator does not know in this opset`,
    );
  if (attribute.type === type) return;
  throw new InvalidModelError(
    `attribute "${attribute.name}" of node ${nodeText(node)} is of type ${typeName(attribute.type)}, and the ` +
      `operator takes ${typeName(type)}`,
  );
}

function typeName(type: AttributeType): string {
  return AttributeType[type] ?? String(type);
}

function unknownOperator(node: NodeProto, version: number): UnsupportedModelError {
  const set = node.domain === '' ? `opset ${version}` : `version ${version} of domain ${node.domain}`;
  const versions = operatorVersions(node.domain, node.opType);
  const what = `node ${nodeText(node)}: ${set} has no operator "${node.opType}"`;
  if (!versions) return new UnsupportedModelError(what, 'express it in standard operators before the export');
  const { first, withdrawn } = versions;
  return new UnsupportedModelError(
    what,
    version < first
      ? `it came with version ${first}: export with that or a newer one`
      : `it was withdrawn with version ${withdrawn}: export the model again`,
  );
}

/** Names without the empty ones at the end. */
function trimmed(names: readonly string[]): readonly string[] {
  return names.slice(0, names.findLastIndex((name) => name !== '') + 1);
}
