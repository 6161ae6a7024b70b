import {
  AgentHello,
  AgentWelcome,
  Device,
  DeviceHistoryQuery,
  DeviceMeasurement,
  EnrolDevice,
  EnrolledDevice,
  EnrolmentCode,
  EnrolmentRequest,
  LeaseAnswer,
  LeaseExtension,
  LeaseFailure,
  LeaseHeartbeat,
  LeaseRequest,
  LeaseResult,
  Page,
} from '#contracts';
import { z } from 'zod';
import { bytes, json, NOTHING, type Route } from './route.js';

/** What people do with devices, and what an agent does with the key of its own. */
export const DEVICE_ROUTES = {
  listDevices: { method: 'GET', path: '/v1/devices', answer: json(Page(Device)) },
  getDevice: { method: 'GET', path: '/v1/devices/:id', answer: json(Device) },
  deviceBenchmarks: {
    method: 'GET',
    path: '/v1/devices/:id/benchmarks',
    query: DeviceHistoryQuery,
    answer: json(Page(DeviceMeasurement)),
  },
  createDeviceCode: {
    method: 'POST',
    path: '/v1/devices/codes',
    body: json(EnrolmentRequest),
    answer: json(EnrolmentCode),
    repeat: 'harmless',
  },
  drainDevice: { method: 'POST', path: '/v1/devices/:id/drain', answer: json(Device), repeat: 'harmless' },
  resumeDevice: { method: 'POST', path: '/v1/devices/:id/resume', answer: json(Device), repeat: 'harmless' },
  deleteDevice: { method: 'DELETE', path: '/v1/devices/:id', answer: NOTHING },
  enrolDevice: { method: 'POST', path: '/v1/agent/enrol', body: json(EnrolDevice), answer: json(EnrolledDevice) },
  greetServer: { method: 'POST', path: '/v1/agent/hello', body: json(AgentHello), answer: json(AgentWelcome) },
  leaveServer: { method: 'POST', path: '/v1/agent/leave', answer: NOTHING, repeat: 'harmless' },
  askForLease: { method: 'POST', path: '/v1/agent/lease', body: json(LeaseRequest), answer: json(LeaseAnswer) },
  heartbeat: {
    method: 'POST',
    path: '/v1/agent/leases/:id/heartbeat',
    body: json(LeaseHeartbeat),
    answer: json(LeaseExtension),
  },
  leasedModel: {
    method: 'GET',
    path: '/v1/agent/leases/:id/models/:digest',
    query: z.object({ fence: z.number() }),
    answer: bytes(),
  },
  sendLeaseResult: {
    method: 'POST',
    path: '/v1/agent/leases/:id/result',
    body: json(LeaseResult),
    answer: NOTHING,
    repeat: 'harmless',
  },
  sendLeaseFailure: {
    method: 'POST',
    path: '/v1/agent/leases/:id/failure',
    body: json(LeaseFailure),
    answer: NOTHING,
  },
} as const satisfies Record<string, Route>;
