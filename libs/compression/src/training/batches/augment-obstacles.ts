import type { AugmentOptions } from '#contracts';
import { DataType, valueDims, valueElemType, type Graph } from '#onnx';
import type { Obstacle } from '../../pass.js';
import { TrainingError } from '../errors.js';

/**
 * Why the changes cannot be made to inputs of a graph, where that is known without data: image changes without an
 * image, and blends of numbers that are no floats, whose labels would be blended all the same.
 */
export function augmentObstacles({ inputs }: Graph, { shift, flip, cutout, mixup }: AugmentOptions): Obstacle[] {
  const known = inputs.map((input) => ({
    name: input.name,
    rank: valueDims(input)?.length ?? null,
    type: valueElemType(input),
  }));
  const changes = Object.entries({ shift: shift > 0, flip, cutout: cutout > 0 });
  const asked = changes.flatMap(([name, isAsked]) => (isAsked ? [name] : []));
  const isImageless = known.every(({ rank, type }) => (rank !== null && rank !== 4) || type === DataType.INT64);
  const unblended = mixup > 0 ? known.filter(({ type }) => type !== DataType.FLOAT && type !== DataType.DOUBLE) : [];
  return [
    ...(asked.length > 0 && isImageless
      ? [
          {
            field: 'augment',
            message:
              `${asked.join(', ')} change images [N, C, H, W], and the model reads none: ` +
              `leave ${asked.length > 1 ? 'them' : 'it'} out`,
          },
        ]
      : []),
    ...(unblended.length > 0
      ? [
          {
            field: 'augment.mixup',
            message: `mixup blends floats, and the input "${unblended[0]!.name}" holds none: leave mixup out`,
          },
        ]
      : []),
  ];
}

/** Throws TrainingError with the first of {@link augmentObstacles}. */
export function checkAugment(graph: Graph, options: AugmentOptions): void {
  const [first] = augmentObstacles(graph, options);
  if (first) throw new TrainingError(first.message);
}
