import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import type { PageName, PageProps } from './route.js';

type Page = LazyExoticComponent<ComponentType<PageProps>>;

/** Each page is a file of its own that is loaded when it is first gone to. */
export const PAGES: Readonly<Record<PageName, Page>> = {
  jobs: lazy(async () => ({ default: (await import('./pages/jobs.js')).JobsPage })),
  job: lazy(async () => ({ default: (await import('./pages/job.js')).JobPage })),
  models: lazy(async () => ({ default: (await import('./pages/models.js')).ModelsPage })),
  model: lazy(async () => ({ default: (await import('./pages/model.js')).ModelPage })),
  data: lazy(async () => ({ default: (await import('./pages/data.js')).DataPage })),
  devices: lazy(async () => ({ default: (await import('./pages/devices.js')).DevicesPage })),
  device: lazy(async () => ({ default: (await import('./pages/device.js')).DevicePage })),
  system: lazy(async () => ({ default: (await import('./pages/system.js')).SystemPage })),
  compare: lazy(async () => ({ default: (await import('./pages/compare.js')).ComparePage })),
  new: lazy(async () => ({ default: (await import('./pages/new-job.js')).NewJobPage })),
  api: lazy(async () => ({ default: (await import('./pages/api.js')).ApiPage })),
  unknown: lazy(async () => ({ default: (await import('./pages/not-found.js')).NoSuchPage })),
  sweeps: lazy(async () => ({ default: (await import('./pages/sweeps.js')).SweepsPage })),
  sweep: lazy(async () => ({ default: (await import('./pages/sweep.js')).SweepPage })),
};
