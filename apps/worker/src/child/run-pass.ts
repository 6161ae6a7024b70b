import {
  CATALOG,
  CompressionError,
  type EarlierPass,
  type Known,
  type Obstacle,
  type PassContext,
  type PassResult,
  trialObstacles,
} from '#compression';
import {
  PASSES,
  type ModelUse,
  type Needs,
  type PassDescriptor,
  type PassName,
  type PassOptions,
  type Skipped,
} from '#contracts';
import type { ModelProto } from '#onnx';

/** Throws CompressionError for a pass that this build does not have, as after a downgrade with jobs in the queue. */
export function passNamed(name: string): PassName {
  if (!Object.hasOwn(CATALOG, name))
    throw new CompressionError(
      'unknown_pass',
      `this worker has no pass "${name}": run workers and API of the same version`,
    );
  return name as PassName;
}

export function runPass<N extends PassName>(name: N, context: PassContext, options: unknown): Promise<PassResult> {
  return CATALOG[name].run(context, PASSES[name].options.parse(options) as PassOptions<N>);
}

export function preflightPass<N extends PassName>(name: N, model: ModelProto, options: unknown): Skipped[] {
  return CATALOG[name].preflight(model, PASSES[name].options.parse(options) as PassOptions<N>);
}

export function obstaclesOf<N extends PassName>(
  name: N,
  model: ModelProto,
  options: unknown,
  models: ReadonlyMap<string, ModelProto>,
): Obstacle[] {
  const parsed = PASSES[name].options.parse(options) as PassOptions<N>;
  return CATALOG[name].obstacles?.(model, parsed, models) ?? [];
}

export function obstaclesBehind<N extends PassName>(
  name: N,
  options: unknown,
  earlier: readonly EarlierPass[],
): Obstacle[] {
  const parsed = PASSES[name].options.parse(options) as PassOptions<N>;
  return CATALOG[name].behind?.(parsed, earlier) ?? [];
}

export function trialOf<N extends PassName>(
  name: N,
  model: ModelProto,
  options: unknown,
  known: Known,
): Promise<Obstacle[]> {
  return trialObstacles(name, model, PASSES[name].options.parse(options) as PassOptions<N>, known);
}

/** The models of the store that a pass names. */
export function modelsNamed<N extends PassName>(name: N, options: unknown): readonly ModelUse[] {
  const { options: schema, reads }: PassDescriptor = PASSES[name];
  return reads(schema.parse(options)).models;
}

/** What the pass must find in the data set. */
export function needsOf<N extends PassName>(name: N, options: unknown): Needs {
  const { options: schema, needs }: PassDescriptor = PASSES[name];
  return needs(schema.parse(options));
}
