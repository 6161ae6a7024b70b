import { DATASET_ROUTES } from './datasets.js';
import { DEVICE_ROUTES } from './devices.js';
import { JOB_ROUTES } from './jobs.js';
import { MODEL_ROUTES } from './models.js';
import { OTHER_ROUTES } from './others.js';
import { SWEEP_ROUTES } from './sweeps.js';
import { SYSTEM_ROUTES } from './system.js';

/**
 * Every route of the API under its name as a call. To add a resource: a file here and its line. A test holds the table
 * against the API's own document, in both directions.
 */
export const ROUTES = {
  ...MODEL_ROUTES,
  ...DATASET_ROUTES,
  ...JOB_ROUTES,
  ...DEVICE_ROUTES,
  ...OTHER_ROUTES,
  ...SWEEP_ROUTES,
  ...SYSTEM_ROUTES,
};
export type RouteName = keyof typeof ROUTES;
