import { createHash } from 'node:crypto';
import type { BenchmarkInput, BenchmarkSettings, DeviceFingerprint } from '#contracts';
import { canonicalJson } from '../canonical-json.js';

/** Raised when the meaning of a key changes, so that results from before are not found. */
const SCHEME = 1;

/** SHA-256 of a fingerprint: devices on which a model takes equally long have the same. */
export const fingerprintDigest = (fingerprint: DeviceFingerprint): string => sha256(fingerprint);

interface KeyedWork {
  models: readonly { digest: string }[];
  inputs: readonly BenchmarkInput[];
  settings: BenchmarkSettings;
  /** Samples that are fed in place of made-up values. */
  data?: { digest: string };
}

/** By what a result is known: the models and what they are fed, the settings, and the device whatever it is called. */
export function benchmarkKey(work: KeyedWork, fingerprint: DeviceFingerprint): string {
  const models = work.models.map(({ digest }) => digest);
  const data = work.data ? { data: work.data.digest } : {};
  return sha256({ scheme: SCHEME, models, inputs: work.inputs, settings: work.settings, fingerprint, ...data });
}

const sha256 = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex');
