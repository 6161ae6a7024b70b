import { execFileSync } from 'node:child_process';
import { heapFlags } from './heap-flags.js';

const plain = { execArgv: [], env: {} };

/** What a fresh process may use, as Node itself tells, in MiB. */
function heapMb(flags: string[]): number {
  return Number(
    execFileSync(
      process.execPath,
      [...flags, '-p', "require('node:v8').getHeapStatistics().heap_size_limit / 2 ** 20"],
      { env: {} },
    ),
  );
}

describe('heapFlags', () => {
  it('allows the ceiling that was asked for, with a flag or without one', () => {
    for (const memoryMb of [512, 4096])
      expect(heapMb(heapFlags(memoryMb, plain))).toBe(heapMb([`--max-old-space-size=${memoryMb}`]));
  });

  it('does not take the limit that this process was given for that of others', () => {
    const given = { execArgv: ['--max-old-space-size=4096'], env: {} };
    expect(heapFlags(4096, given)).toEqual(['--max-old-space-size=4096']);
    expect(heapFlags(4096, { execArgv: [], env: { NODE_OPTIONS: '--max-old-space-size=4096' } })).toEqual([
      '--max-old-space-size=4096',
    ]);
  });
});
