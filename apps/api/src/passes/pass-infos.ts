import { PASSES, suggestion, type PassDescriptor, type PassInfo } from '#contracts';
import { z } from 'zod';
import { ApiError } from '../problems/api-error.js';

/** What a client may know of every pass; the options as the JSON Schema of what it may send. */
export function passInfos(): PassInfo[] {
  return Object.entries<PassDescriptor>(PASSES).map(([name, { summary, version, options }]) => ({
    name,
    summary,
    version,
    options: z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>,
  }));
}

/** Throws ApiError naming the nearest pass. */
export function findPass(name: string): PassInfo {
  const pass = passInfos().find((info) => info.name === name);
  if (!pass) throw new ApiError('not_found', `there is no pass "${name}": ${suggestion(name, Object.keys(PASSES))}`);
  return pass;
}
