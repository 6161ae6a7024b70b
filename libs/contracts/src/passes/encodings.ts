import { z } from 'zod';

const Bits = z.int().min(1).max(32);
/** `True` of 0.6.1, `true` of 1.0.0. */
const Flag = z.union([z.boolean(), z.enum(['True', 'False'])]);

/** Entry of version 0.6.1 and before it: one for a tensor, or one for each channel. */
const MappedEncoding = z.looseObject({
  bitwidth: Bits,
  dtype: z.string().default('int'),
  is_symmetric: Flag.optional(),
  scale: z.number().positive().optional(),
  offset: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
});
export type MappedEncoding = z.infer<typeof MappedEncoding>;

/** Entry of version 1.0.0: scale and offset are lists, of one for a tensor. */
const ListedEncoding = z.looseObject({
  name: z.string(),
  bw: Bits,
  dtype: z.string().default('INT'),
  enc_type: z.string().optional(),
  is_sym: Flag.optional(),
  scale: z.array(z.number().positive()).default([]),
  offset: z.array(z.number()).default([]),
});
export type ListedEncoding = z.infer<typeof ListedEncoding>;

const Group = z.union([z.record(z.string(), z.array(MappedEncoding)), z.array(ListedEncoding)], {
  error: 'expected { NAME: [{ bitwidth, scale, offset, … }] } of version 0.6.1 or [{ name, bw, scale, … }] of 1.0.0',
});

/** Versions of the format that are read; a file without one is of 0.4.0, which 0.6.1 adds to. */
const VERSIONS = /^(0\.\d+\.\d+|1\.0\.\d+)$/;

/**
 * The content of a file of quantization encodings as AIMET exports it, versions up to 0.6.1 and 1.0.0
 * (https://quic.github.io/aimet-pages/releases/latest/techniques/encoding_spec.html). What else a file says, such as
 * how it was made, is kept and not read.
 */
export const Encodings = z.looseObject({
  version: z.string().regex(VERSIONS, { error: 'is of a version that is not read: export 0.6.1 or 1.0.0' }).optional(),
  activation_encodings: Group.default({}),
  param_encodings: Group.default({}),
});
export type Encodings = z.infer<typeof Encodings>;
export type EncodingGroup = Encodings['activation_encodings'];

/** Widths of the activations in a file of encodings. */
export function activationWidths(encodings: Encodings | undefined): number[] {
  return widthsOf(encodings?.activation_encodings ?? {});
}

/** Widths of the weights in it. */
export function weightWidths(encodings: Encodings | undefined): number[] {
  return widthsOf(encodings?.param_encodings ?? {});
}

function widthsOf(group: EncodingGroup): number[] {
  return Array.isArray(group)
    ? group.map(({ bw }) => bw)
    : Object.values(group).flatMap((encodings) => encodings.map(({ bitwidth }) => bitwidth));
}
