import { z } from 'zod';

/** Names and tags are words of their own on a command line and in YAML. */
const WORD = /^[a-z0-9][a-z0-9._-]*$/;
const MOST_DEVICES = 100;

export const DeviceName = z
  .string()
  .max(63)
  .regex(WORD, 'a name of lower-case letters, digits, ".", "_" and "-" that starts with a letter or digit');
export const DeviceTag = z
  .string()
  .max(63)
  .regex(WORD, 'a tag of lower-case letters, digits, ".", "_" and "-" that starts with a letter or digit');
export const DeviceTags = z.array(DeviceTag).max(32);

const EachTagged = z.strictObject({
  tag: DeviceTag,
  each: z.literal(true).describe('Every device that has the tag when the benchmark begins.'),
});
const AnyTagged = z.strictObject({
  tag: DeviceTag,
  any: z.int().min(1).max(MOST_DEVICES).describe('So many different devices of the tag, whichever are free first.'),
});

/** Devices that a recipe asks for: one by its name, each that has a tag, or any so many of those. */
export const DeviceSelector = z.union([DeviceName, EachTagged, AnyTagged]).meta({ id: 'DeviceSelector' });
export type DeviceSelector = z.infer<typeof DeviceSelector>;

/** A selector as people write it. */
export function selectorText(selector: DeviceSelector): string {
  if (typeof selector === 'string') return selector;
  return 'each' in selector ? `each of tag ${selector.tag}` : `any ${selector.any} of tag ${selector.tag}`;
}
