import { z } from 'zod';

const ClassCount = z.int().min(1).max(0x7fffffff);
const ClassNames = z
  .array(z.string().min(1).max(500))
  .min(1)
  .max(100_000)
  .refine((names) => new Set(names).size === names.length, { error: 'a name is there twice' });

/** The array of labels, and what its values mean. */
export const DatasetLabels = z
  .strictObject({
    array: z
      .string()
      .min(1)
      .optional()
      .describe('Name of the array or column; "class" is the name of the folder that a picture or recording lies in.'),
    classes: z
      .union([ClassCount, ClassNames])
      .optional()
      .describe('How many classes there are, or their names in order; without it labels are numbers to regress.'),
    first: z.int().optional().describe('Number of the first class, where they are not counted from 0.'),
    oneHot: z.boolean().optional().describe('A sample has a score for each class, and the highest is its class.'),
    boxes: z
      .strictObject({
        form: z.enum(['yolo', 'coco']),
        most: z.int().min(1).max(10_000).default(100).describe('Boxes of a sample at most.'),
      })
      .optional()
      .describe('Boxes on the pictures, from the file or folder that `labels` of the split names.'),
  })
  .check((context) => {
    const { array, boxes, classes, first, oneHot } = context.value;
    const fail = (place: string, message: string) => {
      const path = place === '' ? [] : [place];
      context.issues.push({ code: 'custom', message, path, input: context.value });
    };
    if ((array === undefined) === (boxes === undefined)) fail('', 'give one of array and boxes');
    for (const [name, value] of Object.entries({ first, oneHot }))
      if (value !== undefined && (classes === undefined || boxes))
        fail(name, 'is for labels that are classes: leave it out');
    if (first !== undefined && oneHot) fail('first', 'labels that are one-hot are not counted: leave it out');
  });
export type DatasetLabels = z.infer<typeof DatasetLabels>;

/** How many classes the labels have, and their names where the manifest gives them; null for labels that are none. */
export function classesOf(
  labels: DatasetLabels | undefined,
): { count: number; names: readonly string[] | null } | null {
  if (labels?.classes === undefined) return null;
  if (typeof labels.classes === 'number') return { count: labels.classes, names: null };
  return { count: labels.classes.length, names: labels.classes };
}
