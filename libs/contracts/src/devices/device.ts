import { z } from 'zod';
import { DeviceCondition, DeviceFingerprint } from './fingerprint.js';
import { DeviceName, DeviceTags } from './selection.js';

export const DeviceState = z.enum(['online', 'busy', 'draining', 'quarantined', 'offline', 'outdated']);
export type DeviceState = z.infer<typeof DeviceState>;

/** A machine that measures models; its agent asks for work. */
export const Device = z
  .object({
    id: z.uuid(),
    name: DeviceName,
    tags: DeviceTags,
    state: DeviceState,
    reason: z.string().describe('In words: what it does, or why it does nothing.'),
    waiting: z.number().int().describe('Benchmarks that wait for it by name.'),
    failures: z.number().int().describe('In a row; at three it is quarantined.'),
    version: z.string().describe('Of its agent.'),
    fingerprint: DeviceFingerprint,
    condition: DeviceCondition.nullable(),
    enrolledAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
  })
  .meta({ id: 'Device' });
export type Device = z.infer<typeof Device>;

/** Asks for a code by which one device may enrol. */
export const EnrolmentRequest = z
  .strictObject({
    name: DeviceName.optional().describe('The name that the device will have, whatever it asks for.'),
    tags: DeviceTags.default([]).describe('Tags that it will have besides those it asks for.'),
  })
  .meta({ id: 'EnrolmentRequest' });
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>;

export const EnrolmentCode = z
  .object({
    code: z.string().describe('Good once; shown this once.'),
    expiresAt: z.iso.datetime(),
    command: z.string().describe('What to type on the device.'),
    pages: z
      .array(z.string())
      .describe(
        'Addresses of the page /device with the code, by which a browser becomes the device; none where no other machine reaches the server.',
      ),
    unreachable: z.string().nullable().describe('Why no other machine reaches the server, and the way out.'),
  })
  .meta({ id: 'EnrolmentCode' });
export type EnrolmentCode = z.infer<typeof EnrolmentCode>;
