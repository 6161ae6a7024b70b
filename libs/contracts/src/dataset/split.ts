import { z } from 'zod';
import { isPlainFileName, MAX_FILE_NAME_BYTES } from '../file-name.js';

const FileName = z
  .string()
  .min(1)
  .refine(isPlainFileName, { error: `a file name, not a path, of at most ${MAX_FILE_NAME_BYTES} bytes in UTF-8` });

const FolderPath = z
  .string()
  .min(1)
  .max(1000)
  .refine((path) => path.split('/').every(isPlainFileName), {
    error: 'names of folders with / between them, inside the file',
  });

/**
 * Where a split's samples are: a file or a folder beside the manifest, and which of its samples belong to the split.
 */
export const Split = z
  .strictObject({
    file: FileName.describe('A file of arrays or a table, or a folder or zip archive of pictures or recordings.'),
    folder: FolderPath.optional().describe('Only what lies in this folder of a folder or archive.'),
    labels: FolderPath.optional().describe(
      'File or folder of the boxes: COCO annotations, or label files of YOLO; beside the manifest, or within file: road/annotations.json.',
    ),
    arrays: z
      .record(z.string(), z.string().min(1))
      .optional()
      .describe('What arrays are called in this split, by their names elsewhere: { x: x_train }.'),
    start: z.int().min(0).default(0),
    count: z.int().min(1).optional(),
    part: z
      .tuple([z.number().min(0).max(1), z.number().min(0).max(1)])
      .optional()
      .describe('From which share of the samples to which, in an order at random: [0, 0.8] beside [0.8, 1].'),
    seed: z.int().min(0).max(0xffffffff).optional().describe('Decides that order; 0 by default.'),
  })
  .check((context) => {
    const { file, labels, start, count, part, seed } = context.value;
    const fail = (path: string, message: string) =>
      context.issues.push({ code: 'custom', message, path: [path], input: context.value });
    if (labels?.includes('/') && !labels.startsWith(`${file}/`))
      fail('labels', `a file beside the manifest, or one within ${file}: ${file}/…`);
    if (part && part[0] >= part[1]) fail('part', 'the first share lies below the second, as in [0, 0.8]');
    if (part && (start !== 0 || count !== undefined)) fail('part', 'start and count exclude it: leave them out');
    if (!part && seed !== undefined) fail('seed', 'is for part: leave it out');
  });
export type Split = z.infer<typeof Split>;
