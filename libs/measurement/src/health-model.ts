/** ONNX of opset 13: z = x + x for two floats; the smallest model that says whether a runtime works. */
export const HEALTH_MODEL = 'CAcSADo1Cg4KAXgKAXgSAXoiA0FkZBIBaFoPCgF4EgoKCAgBEgQKAggCYg8KAXoSCgoICAESBAoCCAJCBAoAEA0=';

/** What the model is given as x, and what z must be. */
export const HEALTH_INPUT: readonly number[] = [1, 2];
const HEALTH_OUTPUT: readonly number[] = [2, 4];

/** What is wrong with the answer of the health model; null where nothing is. */
export function healthFault(z: ArrayLike<number | bigint> | undefined): string | null {
  const isRight = z !== undefined && HEALTH_OUTPUT.every((value, at) => Number(z[at]) === value);
  return isRight ? null : 'the runtime adds wrongly';
}
