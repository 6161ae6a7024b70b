import { z } from 'zod';
import { Digest } from '../digest.js';
import { BenchmarkSamples } from './benchmark.js';
import { BenchmarkSettings } from './benchmark-settings.js';
import { DeviceState } from './device.js';
import { DeviceCondition, DeviceFingerprint } from './fingerprint.js';
import { InputsFile } from './inputs-file.js';
import { DeviceName, DeviceTags } from './selection.js';
import { MOST_BATCH, MOST_THREADS } from './throughput.js';

/** Raised whenever an agent of before cannot work with this server any more. */
export const PROTOCOL = 1;

/** The longest that a poll may be held open, ms. */
export const LONGEST_POLL_MS = 60_000;

const Protocol = z.number().int().min(1).max(1_000_000).describe('Version of the protocol that the agent speaks.');
const Version = z.string().min(1).max(100).describe('Of the agent itself.');
/** Drawn anew whenever an agent starts: what an earlier start holds is free again. */
const Instance = z.uuid();
/** A column of 32 bits holds it. */
const MOST_FENCE = 2_147_483_647;
const Fence = z
  .number()
  .int()
  .min(1)
  .max(MOST_FENCE)
  .describe('The fencing number of the lease: of a lost lease nothing is taken.');
/** The same in an address. */
export const FenceText = z.coerce.number().pipe(Fence);

/** Trades a code for a device key. */
export const EnrolDevice = z
  .strictObject({
    code: z.string().min(1).max(100),
    protocol: Protocol,
    version: Version,
    name: DeviceName,
    tags: DeviceTags.default([]),
    fingerprint: DeviceFingerprint,
  })
  .meta({ id: 'EnrolDevice' });
export type EnrolDevice = z.infer<typeof EnrolDevice>;

export const EnrolledDevice = z
  .object({
    id: z.uuid(),
    name: DeviceName,
    tags: DeviceTags,
    key: z.string().describe('Opens the leases of this device and nothing else; shown this once.'),
  })
  .meta({ id: 'EnrolledDevice' });
export type EnrolledDevice = z.infer<typeof EnrolledDevice>;

/** The first message of a start. */
export const AgentHello = z
  .strictObject({
    protocol: Protocol,
    version: Version,
    instance: Instance,
    fingerprint: DeviceFingerprint,
    condition: DeviceCondition,
  })
  .meta({ id: 'AgentHello' });
export type AgentHello = z.infer<typeof AgentHello>;

export const AgentWelcome = z
  .object({
    name: DeviceName,
    state: DeviceState,
    reason: z.string(),
    heartbeatMs: z.number().describe('How often to send a heartbeat while a lease is held.'),
    lostAfterMs: z.number().describe('A lease without a heartbeat for so long is lost.'),
    pollMs: z.number().describe('How long a poll is held open at most.'),
    serverVersion: z.string().describe('The version of the agent that this server serves; another one is to update.'),
    agentUrl: z.string().describe('Path of that agent on this server.'),
  })
  .meta({ id: 'AgentWelcome' });
export type AgentWelcome = z.infer<typeof AgentWelcome>;

/** Asks for work; the answer comes when there is some, or after `waitMs` without. */
export const LeaseRequest = z
  .strictObject({
    instance: Instance,
    waitMs: z.number().int().min(0).max(LONGEST_POLL_MS).default(0),
    condition: DeviceCondition,
  })
  .meta({ id: 'LeaseRequest' });
export type LeaseRequest = z.infer<typeof LeaseRequest>;

/** An input with every dimension known; a device makes it up from the seed. */
export const BenchmarkInput = z
  .object({ name: z.string(), type: z.string(), dims: z.array(z.number().int().min(0)) })
  .meta({ id: 'BenchmarkInput' });
export type BenchmarkInput = z.infer<typeof BenchmarkInput>;

/** One combination of batch size and threads at which samples a second are measured. */
export const LeasedPoint = z
  .object({
    batch: z.int().min(1).max(MOST_BATCH),
    threads: z.int().min(1).max(MOST_THREADS),
    inputs: z.array(BenchmarkInput),
  })
  .meta({ id: 'LeasedPoint' });
export type LeasedPoint = z.infer<typeof LeasedPoint>;

const Path = z.string().describe('Where to download it.');
const Presigned = z
  .url()
  .optional()
  .describe('Where the same bytes can be had from the store itself for a while, without a key.');

/** A benchmark in the hands of one device, until it answers or is not heard of for too long. */
export const Lease = z
  .object({
    id: z.uuid(),
    fence: Fence,
    job: z.string().describe('What it is for, in words.'),
    models: z
      .array(z.object({ digest: Digest, label: z.string(), path: Path, url: Presigned }))
      .describe('The baseline first; each digest once.'),
    inputs: z.array(BenchmarkInput),
    data: InputsFile.extend({ path: Path, url: Presigned })
      .optional()
      .describe('Samples of the data set to feed; absent where inputs are made up from the seed.'),
    throughput: z.array(LeasedPoint).optional().describe('What else is timed; absent where it was not asked for.'),
    settings: BenchmarkSettings,
  })
  .meta({ id: 'Lease' });
export type Lease = z.infer<typeof Lease>;

export const LeaseAnswer = z
  .object({
    lease: Lease.nullable(),
    state: DeviceState.describe('Of the device: why there is no work.'),
    reason: z.string(),
    serverVersion: z.string(),
  })
  .meta({ id: 'LeaseAnswer' });
export type LeaseAnswer = z.infer<typeof LeaseAnswer>;

export const LeaseHeartbeat = z
  .strictObject({
    fence: Fence,
    progress: z.number().min(0).max(1),
    message: z.string().max(200).default(''),
    condition: DeviceCondition,
  })
  .meta({ id: 'LeaseHeartbeat' });
export type LeaseHeartbeat = z.infer<typeof LeaseHeartbeat>;

export const LeaseExtension = z
  .object({ expiresInMs: z.number().describe('The lease is lost then, unless another heartbeat comes.') })
  .meta({ id: 'LeaseExtension' });
export type LeaseExtension = z.infer<typeof LeaseExtension>;

export const LeaseResult = z.strictObject({ fence: Fence, result: BenchmarkSamples }).meta({ id: 'LeaseResult' });
export type LeaseResult = z.infer<typeof LeaseResult>;

export const LeaseFailure = z
  .strictObject({
    fence: Fence,
    code: z
      .string()
      .min(1)
      .max(60)
      .regex(/^[a-z0-9_]+$/),
    message: z.string().min(1).max(2000),
    permanent: z.boolean().describe('The model or the settings are at fault: no other attempt helps.'),
    health: z
      .strictObject({ ok: z.boolean(), message: z.string().max(500) })
      .describe('Whether a small model that is known to run runs on the device now.'),
  })
  .meta({ id: 'LeaseFailure' });
export type LeaseFailure = z.infer<typeof LeaseFailure>;
