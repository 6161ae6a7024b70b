import { z } from 'zod';
import { Digest } from '../digest.js';
import { PageQuery } from '../rest.js';
import { ModelTiming } from './benchmark.js';

/** One model within a measurement of the past. */
export const MeasuredModel = ModelTiming.pick({
  digest: true,
  label: true,
  p50: true,
  p95: true,
  low: true,
  high: true,
  latencyRatio: true,
}).meta({ id: 'MeasuredModel' });
export type MeasuredModel = z.infer<typeof MeasuredModel>;

/** What a device measured once: the model of a job beside those that the job made of it. */
export const DeviceMeasurement = z
  .object({
    id: z.uuid(),
    jobId: z.uuid(),
    title: z.string().describe('Name of the job, or what its recipe does.'),
    modelId: Digest.describe('The model that the job was given.'),
    modelName: z.string(),
    measuredAt: z.iso.datetime(),
    fingerprint: Digest.describe('Of the device as it was then: another processor, system or runtime has another.'),
    models: z.array(MeasuredModel),
  })
  .meta({ id: 'DeviceMeasurement' });
export type DeviceMeasurement = z.infer<typeof DeviceMeasurement>;

export const DeviceHistoryQuery = PageQuery.extend({
  model: Digest.optional().describe('Only measurements of jobs on this model.'),
});
export type DeviceHistoryQuery = z.infer<typeof DeviceHistoryQuery>;
