export * from './api-key-repository.js';
export * from './database.js';
export * from './dataset-repository.js';
export {
  BenchmarkRepository,
  type BenchmarkRow,
  type NewBenchmark,
  type OpenBenchmark,
} from './devices/benchmark-repository.js';
export { DEVICE_KEY_PREFIX, DeviceRepository, type DeviceRow } from './devices/device-repository.js';
export { LeaseRepository, type ClaimOptions, type LeaseName } from './devices/lease-repository.js';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded/embedded-postgres.js';
export * from './embedded/errors.js';
export { ClaimFile } from './embedded/claim-file.js';
export { claimOf, folderIdentity, isClaimed, type FolderClaim } from './embedded/folder-claim.js';
export { spawnGuarded } from './embedded/guard.js';
export * from './errors.js';
export { EventRepository } from './event-repository.js';
export { IdempotencyRepository, type KeyClaim } from './idempotency-repository.js';
export * from './exclusive-work.js';
export type { NewJob } from './insert-jobs.js';
export * from './job-repository.js';
export * from './migrate.js';
export { LineageRepository } from './lineage-repository.js';
export * from './model-repository.js';
export * from './queue-records.js';
export type { BenchmarkWork } from './devices/device-schema.js';
export type { StoredResponse } from './schema.js';
export * from './stage-repository.js';
export * from './stage-checkpoint-repository.js';
export * from './stage-result-repository.js';
export { SystemRepository } from './system-repository.js';
export { type EarlierTrial, type MeasuredTrial } from './sweeps/earlier-trial.js';
export { SweepEventRepository } from './sweeps/sweep-events.js';
export { SweepRepository, type NewSweep, type SweepAnswer } from './sweeps/sweep-repository.js';
export { type StoredOutcome, type SweepRow } from './sweeps/sweep-schema.js';
export { type SweepSession } from './sweeps/sweep-session.js';
export { type NewTrial, type OpenTrial, type TrialEnding } from './sweeps/trial-changes.js';
export { SweepSessions } from './sweeps/sweep-sessions.js';
export { TrialRepository } from './sweeps/trial-repository.js';
export { type TrialRow } from './sweeps/trial-row.js';
export { StageMachineRepository } from './sweeps/stage-machine-repository.js';
