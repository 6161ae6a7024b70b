import type { HostTensor } from '#inference';
import { halfToFloat } from '#onnx';

/** Whether a tensor's elements are floating-point numbers. */
export function isFloat({ type }: HostTensor): boolean {
  return type === 'float32' || type === 'float64' || type === 'float16';
}

/** Halves as numbers; all else as it is. */
export function floatValues({ type, data }: HostTensor): HostTensor['data'] {
  return type === 'float16' ? Float32Array.from(data, halfToFloat) : data;
}
