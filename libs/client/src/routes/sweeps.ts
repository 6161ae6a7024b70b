import {
  hasEnded,
  Model,
  Page,
  PressSubmission,
  Promotion,
  Sweep,
  SweepChange,
  SweepEvent,
  SweepForecast,
  SweepItem,
  SweepQuery,
  SweepResults,
  SweepSubmission,
  Trial,
  TrialColumns,
  TrialQuery,
  TrialSubmission,
} from '#contracts';
import { events, json, NOTHING, text, type Route } from './route.js';

/** The last word on a sweep is a snapshot of it once it has ended; the first word of a connection is one as well. */
const endsSweep = (event: SweepEvent, isFirst: boolean): boolean =>
  !isFirst && event.type === 'snapshot' && hasEnded(event.sweep.state);

const act = (name: 'pause' | 'resume' | 'stop' | 'cancel') =>
  ({ method: 'POST', path: `/v1/sweeps/:id/${name}`, answer: json(Sweep) }) as const;

export const SWEEP_ROUTES = {
  launchSweep: {
    method: 'POST',
    path: '/v1/sweeps',
    body: json(SweepSubmission),
    answer: json(Sweep),
    repeat: 'keyed',
  },
  pressModel: {
    method: 'POST',
    path: '/v1/sweeps/press',
    body: json(PressSubmission),
    answer: json(Sweep),
    repeat: 'keyed',
  },
  preflightSweep: {
    method: 'POST',
    path: '/v1/sweeps/preflight',
    body: json(SweepSubmission),
    answer: json(SweepForecast),
    repeat: 'harmless',
  },
  listSweeps: { method: 'GET', path: '/v1/sweeps', query: SweepQuery, answer: json(Page(SweepItem)) },
  getSweep: { method: 'GET', path: '/v1/sweeps/:id', answer: json(Sweep) },
  sweepResults: { method: 'GET', path: '/v1/sweeps/:id/results', answer: json(SweepResults) },
  sweepAsCsv: { method: 'GET', path: '/v1/sweeps/:id/export', answer: text('text/csv') },
  sweepAsJson: { method: 'GET', path: '/v1/sweeps/:id/export', answer: text('application/json') },
  watchSweep: { method: 'GET', path: '/v1/sweeps/:id/events', answer: events(SweepEvent, endsSweep) },
  changeSweep: { method: 'PATCH', path: '/v1/sweeps/:id', body: json(SweepChange), answer: json(Sweep) },
  pauseSweep: act('pause'),
  resumeSweep: act('resume'),
  stopSweep: act('stop'),
  cancelSweep: act('cancel'),
  deleteSweep: { method: 'DELETE', path: '/v1/sweeps/:id', answer: NOTHING },
  listTrials: { method: 'GET', path: '/v1/sweeps/:id/trials', query: TrialQuery, answer: json(Page(Trial)) },
  trialColumns: { method: 'GET', path: '/v1/sweeps/:id/trials/columns', answer: json(TrialColumns) },
  addTrial: { method: 'POST', path: '/v1/sweeps/:id/trials', body: json(TrialSubmission), answer: json(Trial) },
  getTrial: { method: 'GET', path: '/v1/sweeps/:id/trials/:number', answer: json(Trial) },
  promoteTrial: {
    method: 'POST',
    path: '/v1/sweeps/:id/trials/:number/promote',
    body: json(Promotion),
    answer: json(Model),
    repeat: 'harmless',
  },
} as const satisfies Record<string, Route>;
