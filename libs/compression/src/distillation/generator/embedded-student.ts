import { clone } from '@bufbuild/protobuf';
import type { ParameterLayout } from '#autodiff';
import {
  changed,
  NodeProtoSchema,
  ownName,
  subgraphs,
  type Graph,
  type GraphBuilder,
  type GraphProto,
  type NodeProto,
} from '#onnx';
import { TrainingError } from '../../training/errors.js';
import type { OutputPair } from '../outputs.js';

/** Name of a student's value in the generator's graph. */
export const studentValue = (name: string) => (name === '' ? '' : ownName(`student:${name}`));

/** The student under training, as a generator sees it. */
export interface EmbeddedStudent {
  /** Its training form. */
  graph: Graph;
  /** Where its weights lie in their vector. */
  layout: ParameterLayout;
  /** Its outputs and the teacher's answers to compare them with. */
  pairs: readonly OutputPair[];
  /** The vector as it stands. */
  weights(): Float32Array;
}

/**
 * Writes the student's forward pass behind `sample`, its weights inputs and all its values named by
 * {@link studentValue}, for it may share names with the teacher. Throws TrainingError unless it has one input.
 */
export function appendStudent(b: GraphBuilder, { graph, layout }: EmbeddedStudent, sample: string): void {
  const [input, ...others] = graph.inputs;
  if (!input || others.length > 0)
    throw new TrainingError(
      `samples are made up for students with one input, this one has ${graph.inputs.length}: ` +
        'set generator.adversarial to 0, or choose another student',
    );
  const rename = (name: string) => (name === input.name ? sample : studentValue(name));
  const trained = new Set(layout.slots.map(({ name }) => name));
  for (const tensor of graph.proto.initializer)
    if (!trained.has(tensor.name)) b.initializer(changed(tensor, { name: rename(tensor.name) }));
  for (const { name, dims } of layout.slots) b.input(rename(name), dims);
  for (const node of graph.nodes) b.append(renamed(clone(NodeProtoSchema, node), rename));
}

/** The node with other names for itself and its values, in its bodies too. */
function renamed(node: NodeProto, rename: (name: string) => string): NodeProto {
  if (node.name) node.name = rename(node.name);
  node.input = node.input.map(rename);
  node.output = node.output.map(rename);
  for (const body of subgraphs(node)) renameBody(body, rename);
  return node;
}

function renameBody(body: GraphProto, rename: (name: string) => string): void {
  for (const value of [...body.input, ...body.output, ...body.initializer]) value.name = rename(value.name);
  for (const node of body.node) renamed(node, rename);
}
