import type { PASSES, PassName } from '#contracts';
import type { z } from 'zod';
import { applyPass, type ModelInput } from './apply-pass.js';
import type { PassOutcome } from './pass-outcome.js';
import type { Settings } from './settings.js';

export { CompressionError, OptionError } from '#compression';
export { DatasetError } from '#datasets';
export { OnnxError } from '#onnx';
export type { ModelMetrics, Skipped, StageMetrics } from '#contracts';
export type { ModelInput } from './apply-pass.js';
export { CallError, type CallProblem } from './errors.js';
export { PassOutcome } from './pass-outcome.js';
export type { Settings } from './settings.js';

/** Options of a pass as a recipe has them; what is left out has its default. */
export type Options<N extends PassName> = z.input<(typeof PASSES)[N]['options']>;

/** A pass as a function; what it throws stands at applyPass. */
export type PassFunction<N extends PassName> = (
  model: ModelInput,
  options?: Options<N>,
  settings?: Settings,
) => Promise<PassOutcome>;

function passFunction<N extends PassName>(name: N): PassFunction<N> {
  return (model, options, settings = {}) => applyPass(name, model, options ?? {}, settings);
}

/** Stores weights, and activations where asked, in fewer bits. */
export const quantize: PassFunction<'quantize'> = passFunction('quantize');
/** Removes the weights or channels that matter least. */
export const prune: PassFunction<'prune'> = passFunction('prune');
/** Trains the model to match its teacher: the first model of the work, or the one before. */
export const distill: PassFunction<'distill'> = passFunction('distill');
/** Trains the model on labels. */
export const train: PassFunction<'train'> = passFunction('train');
/** Measures what each layer costs when it alone is quantized. */
export const analyze: PassFunction<'analyze'> = passFunction('analyze');
/** Measures quality, size and latency of every model of the work side by side. */
export const evaluate: PassFunction<'evaluate'> = passFunction('evaluate');
/** Writes the model as a file for the device, among the outcome's files. */
export const exportModel: PassFunction<'export'> = passFunction('export');
