import { z } from 'zod';
import { AudioForm, ImageForm, TokenForm } from './media.js';
import { ElementType, Preprocess } from './preprocess.js';

const Constant = z.union([z.number(), z.array(z.number()).min(1).max(100_000)]);

/** A state that a model hands on from one step of a sequence to the next. */
export const StateForm = z.strictObject({
  dims: z.array(z.int().min(1)).max(16).describe('Shape for one sample, without the batch axis.'),
  output: z.string().min(1).optional().describe('The output that is the next step of it; without it, it stays.'),
  initial: z.number().default(0).describe('Value of every element before the first step.'),
  type: ElementType.default('float32'),
});
export type StateForm = z.infer<typeof StateForm>;

/** Where an input's values come from. To add one: its field here, what reads it in libs/datasets. */
export const INPUT_SOURCES = ['array', 'columns', 'image', 'audio', 'tokens', 'constant', 'state'] as const;
export type InputSource = (typeof INPUT_SOURCES)[number];

/** What feeds one input of a model. */
export const DatasetInput = z
  .strictObject({
    array: z.string().min(1).optional().describe('Name of the array, or column, in the file of a split.'),
    columns: z.array(z.string().min(1)).min(1).max(10_000).optional().describe('Columns of numbers, side by side.'),
    image: ImageForm.optional().describe('The pictures of a folder.'),
    audio: AudioForm.optional().describe('The recordings of a folder.'),
    tokens: TokenForm.optional().describe('A column of lists of token ids.'),
    constant: Constant.optional().describe('The same for every sample: a number, or a list of them.'),
    type: ElementType.optional().describe('Element type of a constant; float32 by default.'),
    state: StateForm.optional(),
    batchAxis: z
      .int()
      .min(0)
      .max(15)
      .nullable()
      .optional()
      .describe('Axis along which samples are put together, 0 by default; null for an input without one.'),
    preprocess: z.array(Preprocess).max(50).default([]),
  })
  .check((context) => {
    const input = context.value;
    const given = INPUT_SOURCES.filter((source) => input[source] !== undefined);
    const fail = (place: string, message: string) => {
      const path = place === '' ? [] : [place];
      context.issues.push({ code: 'custom', message, path, input });
    };
    if (given.length === 0)
      fail('', `nothing says where its values come from: give one of ${INPUT_SOURCES.join(', ')}`);
    if (given.length > 1) fail('', `${given.join(' and ')} exclude each other: leave one`);
    if (input.type !== undefined && input.constant === undefined)
      fail('type', 'is for constants: add { op: cast, to: … } to preprocess');
    if ((input.constant !== undefined || input.state !== undefined) && input.preprocess.length > 0)
      fail('preprocess', 'a constant or a state is served as it is: leave it out');
    if (input.constant !== undefined && input.batchAxis !== undefined)
      fail('batchAxis', 'a constant has no samples: leave it out');
  });
export type DatasetInput = z.infer<typeof DatasetInput>;

/** The source that an input has. */
export function inputSource(input: DatasetInput): InputSource {
  return INPUT_SOURCES.find((source) => input[source] !== undefined) ?? 'array';
}
