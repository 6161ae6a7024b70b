export { blockedLayout } from './blocked-layout.js';
export { planBatch, planFromBatch, type BatchPlan, type PlannedBatch } from './batch-plan.js';
export type { Division } from './divided-runner.js';
export * from './errors.js';
export { zerosMask } from './keep-zeros.js';
export { observeTrainingShapes } from './observe.js';
export { SCHEDULES, type Schedule } from './schedule.js';
export { trainingForm, type Trainable, type TrainingForm, type TrainingFormOptions } from './trainable.js';
export { Trainer, type StepLosses, type TrainerState } from './trainer.js';
