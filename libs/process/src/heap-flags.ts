import { getHeapStatistics } from 'node:v8';

const MIB = 1024 ** 2;
/** V8's young generation, which --max-old-space-size leaves out and heap_size_limit counts in. */
const YOUNG_MB = 48;
const SETS_HEAP = /(space|heap)[-_]size/;

/**
 * V8 flags that allow a process a heap of so many MiB: none where Node gives as much by itself. Any flag makes V8
 * compile Node's own modules anew, which is 20 ms of CPU.
 */
export function heapFlags(
  memoryMb: number,
  { execArgv, env }: Pick<NodeJS.Process, 'execArgv' | 'env'> = process,
): string[] {
  const isDefault = ![...execArgv, env['NODE_OPTIONS'] ?? ''].some((flag) => SETS_HEAP.test(flag));
  const defaultMb = isDefault ? getHeapStatistics().heap_size_limit / MIB - YOUNG_MB : undefined;
  return memoryMb === defaultMb ? [] : [`--max-old-space-size=${memoryMb}`];
}
