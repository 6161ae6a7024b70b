export { blockedLayout } from './parallel/blocked-layout.js';
export { planBatch, planFromBatch, type BatchPlan, type PlannedBatch } from './batches/batch-plan.js';
export type { Division } from './parallel/divided-runner.js';
export * from './errors.js';
export { zerosMask } from './form/keep-zeros.js';
export { observeTrainingShapes } from './observe.js';
export { SCHEDULES, type Schedule } from './schedule.js';
export { trainingForm, type Trainable, type TrainingForm, type TrainingFormOptions } from './form/trainable.js';
export { Trainer, type StepLosses, type TrainerState } from './trainer.js';
