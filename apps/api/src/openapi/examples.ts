import type {
  AgentHello,
  BenchmarkSamples,
  DeviceCondition,
  DeviceFingerprint,
  EnrolDevice,
  LeaseFailure,
  LeaseHeartbeat,
  LeaseRequest,
} from '#contracts';

const RECIPE = 'passes:\n  - pass: quantize\n  - pass: evaluate\n';
const SWEEP =
  'passes:\n  - { pass: quantize, options: { weightBits: { grid: [8, 4] } } }\n  - pass: evaluate\n' +
  'objectives: [{ metric: compressedBytes }]\n';
const ID = '3f2a9c0e5b7d1846f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345678abcdef';
const INSTANCE = '123e4567-e89b-42d3-a456-426614174000';
const MANIFEST =
  'name: mnist\ninputs: { "*": { array: x } }\nlabels: { array: y, classes: 10 }\nsplits: { test: { file: data.npz } }\n';

const FINGERPRINT: DeviceFingerprint = {
  kind: 'native',
  cpu: 'ARM Cortex-A76',
  isa: ['asimd', 'asimddp'],
  cores: 4,
  memoryMb: 8192,
  governor: 'ondemand',
  maxFrequencyMhz: 2400,
  os: 'linux 6.6',
  arch: 'arm64',
  runtime: 'onnxruntime 1.30.0',
  providers: ['CPUExecutionProvider'],
};
const CONDITION: DeviceCondition = { temperatureC: 48.2, frequencyMhz: 2400, load: 0.1, onBattery: null };

const HELLO: AgentHello = {
  protocol: 1,
  version: '0.1.0',
  instance: INSTANCE,
  fingerprint: FINGERPRINT,
  condition: CONDITION,
};
const ENROL: EnrolDevice = {
  code: 'cpe_4jW0',
  protocol: 1,
  version: '0.1.0',
  name: 'pi-kitchen',
  tags: ['arm64'],
  fingerprint: FINGERPRINT,
};
const POLL: LeaseRequest = { instance: INSTANCE, waitMs: 20_000, condition: CONDITION };
const HEARTBEAT: LeaseHeartbeat = { fence: 1, progress: 0.4, message: 'timing', condition: CONDITION };
const FAILURE: LeaseFailure = {
  fence: 1,
  code: 'model_load',
  message: 'the runtime has no kernel for Celu',
  permanent: true,
  health: { ok: true, message: 'the model of the health check runs' },
};
const SAMPLES: BenchmarkSamples = {
  models: [
    {
      digest: ID,
      coldLoadMs: 31,
      warmLoadMs: 12,
      firstRunMs: 4.2,
      samplesMs: [2.01, 2.03, 1.99],
      runsPerSample: 1,
      peakRssBytes: 10_485_760,
      nodes: null,
    },
  ],
  blocks: 3,
  seconds: 0.01,
  stoppedBy: 'limits',
  quick: true,
  clockResolutionMs: 0.001,
  before: CONDITION,
  after: CONDITION,
  notes: [],
};

type Examples = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Bodies as one would send them, by path and content type. */
export const BODY_EXAMPLES: Examples = {
  '/v1/jobs': { 'application/json': { name: 'small', model: ID, dataset: ID, recipe: RECIPE } },
  '/v1/jobs/preflight': { 'application/json': { model: ID, dataset: ID, recipe: RECIPE } },
  '/v1/sweeps': { 'application/json': { model: ID, dataset: ID, sweep: SWEEP } },
  '/v1/sweeps/preflight': { 'application/json': { model: ID, dataset: ID, sweep: SWEEP } },
  '/v1/sweeps/press': { 'application/json': { model: ID, dataset: ID, maxDrop: 0.005, maxBytes: 60_000 } },
  '/v1/sweeps/{id}': { 'application/json': { trials: 40, parallel: 4 } },
  '/v1/sweeps/{id}/trials': { 'application/json': { assignment: { 'quantize.weightBits': 4 } } },
  '/v1/sweeps/{id}/trials/{number}/promote': { 'application/json': { name: 'seed-net-4-bit' } },
  '/v1/models': { 'application/json': { uri: 's3://imports/seed-net.onnx', name: 'seed-net' } },
  '/v1/datasets': {
    'application/json': { uri: 's3://imports/mnist/dataset.yaml' },
    'multipart/form-data': { manifest: MANIFEST, file: ['(bytes of data.npz)'] },
  },
  '/v1/datasets/preview': { 'multipart/form-data': { file: ['(bytes of data.npz)'] } },
  '/v1/devices/codes': { 'application/json': { name: 'pi-kitchen', tags: ['arm64'] } },
  '/v1/keys': { 'application/json': { name: 'the build server', role: 'member' } },
  '/v1/agent/enrol': { 'application/json': ENROL },
  '/v1/agent/hello': { 'application/json': HELLO },
  '/v1/agent/lease': { 'application/json': POLL },
  '/v1/agent/leases/{id}/heartbeat': { 'application/json': HEARTBEAT },
  '/v1/agent/leases/{id}/result': { 'application/json': { fence: 1, result: SAMPLES } },
  '/v1/agent/leases/{id}/failure': { 'application/json': FAILURE },
};
