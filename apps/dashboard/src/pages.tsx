import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { loaded } from './api/load.js';
import type { PageName, PageProps } from './route.js';

type Page = LazyExoticComponent<ComponentType<PageProps>>;

const file = (load: () => Promise<ComponentType<PageProps>>): Page =>
  lazy(async () => ({ default: await loaded(load) }));

/** Each page is a file of its own that is loaded when it is first gone to. */
export const PAGES: Readonly<Record<PageName, Page>> = {
  jobs: file(async () => (await import('./pages/jobs.js')).JobsPage),
  job: file(async () => (await import('./pages/job.js')).JobPage),
  models: file(async () => (await import('./pages/models.js')).ModelsPage),
  model: file(async () => (await import('./pages/model.js')).ModelPage),
  data: file(async () => (await import('./pages/data.js')).DataPage),
  devices: file(async () => (await import('./pages/devices.js')).DevicesPage),
  device: file(async () => (await import('./pages/device.js')).DevicePage),
  system: file(async () => (await import('./pages/system.js')).SystemPage),
  compare: file(async () => (await import('./pages/compare.js')).ComparePage),
  new: file(async () => (await import('./pages/new-job.js')).NewJobPage),
  api: file(async () => (await import('./pages/api.js')).ApiPage),
  unknown: file(async () => (await import('./pages/not-found.js')).NoSuchPage),
  sweeps: file(async () => (await import('./pages/sweeps.js')).SweepsPage),
  sweep: file(async () => (await import('./pages/sweep.js')).SweepPage),
};
