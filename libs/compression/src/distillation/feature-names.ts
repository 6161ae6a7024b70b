import { nameDistance, type DistillOptions } from '#contracts';
import { Graph, isOwnName, type ModelProto } from '#onnx';
import { OptionError } from '../errors.js';
import type { Obstacle } from '../pass.js';
import { TrainingError } from '../training/errors.js';
import { copiedForm } from '../training/form/copied-form.js';

/** How many names an error offers in place of an unknown one. */
const OFFERED = 3;

/** Whose values an option names. */
type Side = 'teacher' | 'student';

const WHERE: Record<Side, string> = { teacher: "the teacher's graph", student: "the student's training graph" };

/**
 * The hidden values that the options name and models do not have which are known before any pass has run: the original
 * and those of the store.
 */
export function unknownFeatures(
  options: DistillOptions,
  original: ModelProto,
  models: ReadonlyMap<string, ModelProto>,
): Obstacle[] {
  const { teacher, student } = options;
  const taught =
    teacher === 'original'
      ? original
      : typeof teacher === 'string'
        ? undefined
        : models.get('model' in teacher ? teacher.model : teacher.models[0]!);
  const trained = student === 'current' ? undefined : 'model' in student ? models.get(student.model) : taught;
  return [...unknownTo('teacher', taught, options), ...unknownTo('student', trained, options)];
}

/** The same for the stage's own input, of which only the first pass knows what it is. Throws OptionError. */
export function checkCurrentFeatures(options: DistillOptions, model: ModelProto): void {
  const { teacher, student } = options;
  const isTaught = teacher === 'current' || teacher === 'previous';
  const isStudent = student === 'current' || (isTaught && !('model' in student));
  const [unknown] = [
    ...unknownTo('teacher', isTaught ? model : undefined, options),
    ...unknownTo('student', isStudent ? model : undefined, options),
  ];
  if (unknown) throw new OptionError(unknown.field, unknown.message);
}

/** Throws TrainingError naming the nearest values when the graph has none of this name. */
export function checkValue(side: Side, graph: Graph, name: string): void {
  const message = unknownValue(side, graph, name);
  if (message !== null) throw new TrainingError(message);
}

function unknownTo(side: Side, model: ModelProto | undefined, options: DistillOptions): Obstacle[] {
  if (!model || options.features.length === 0) return [];
  const graph = side === 'teacher' ? new Graph(model) : copiedForm(model, options).graph;
  return options.features.flatMap((feature, i): Obstacle[] => {
    const message = unknownValue(side, graph, feature[side]);
    return message === null ? [] : [{ field: `features[${i}].${side}`, message }];
  });
}

function unknownValue(side: Side, graph: Graph, name: string): string | null {
  const inputs = graph.inputs.map((input) => input.name);
  const inner = graph.nodes.flatMap(({ output }) => output.filter((value) => value !== '' && !isOwnName(value)));
  const values = [...inputs, ...inner];
  if (values.includes(name)) return null;
  const byDistance = values
    .map((value) => ({ value, distance: nameDistance(name, value) }))
    .sort((a, b) => a.distance - b.distance);
  const nearest = byDistance.slice(0, OFFERED).map(({ value }) => `"${value}"`);
  return `${WHERE[side]} has no value "${name}": the nearest are ${nearest.join(', ')}`;
}
