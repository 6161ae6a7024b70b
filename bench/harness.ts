import { readFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { performance } from 'node:perf_hooks';

/** One measured thing: what was measured and its figures, units in their names. */
export type BenchResult = Record<string, string | number | boolean | null>;

/** A benchmark module: measures and returns; main.ts prints. */
export interface Bench {
  /** `parts` names those that were asked for, all when empty; a benchmark without parts ignores it. */
  run(parts: readonly string[]): Promise<BenchResult[]>;
}

/** What figures depend on besides the code. */
export function machine(): Record<string, string | number> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    platform: `${platform()}-${arch()}`,
    node: process.versions.node,
  };
}

/** The q-quantile (0..1) by linear interpolation; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? NaN;
  return low + ((sorted[Math.ceil(at)] ?? NaN) - low) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Rounded for print and JSON: `digits` significant ones. */
export function round(value: number, digits = 4): number {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : value;
}

/** Milliseconds that one call takes. */
export async function timeMs(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Times several systems in one run, alternated so that heat and noise fall on all of them alike; every other round runs
 * backwards. Returns each one's milliseconds, `warmup` rounds left out.
 */
export async function alternate<N extends string>(
  systems: Record<N, () => unknown>,
  rounds: number,
  warmup = 2,
): Promise<Record<N, number[]>> {
  const names = Object.keys(systems) as N[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<N, number[]>;
  for (let i = 0; i < rounds + warmup; i++) {
    for (const name of i % 2 === 0 ? names : names.toReversed()) {
      const ms = await timeMs(systems[name]);
      if (i >= warmup) samples[name].push(ms);
    }
  }
  return samples;
}

/** The largest resident size that this process has had so far, in MB of 10^6 bytes. */
export function peakMb(): number {
  if (platform() !== 'linux') return (process.resourceUsage().maxRSS * 1024) / 1e6;
  // getrusage's maximum survives exec: a child process would report its parent's peak.
  const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (Number(kib) * 1024) / 1e6;
}

/** Prints the results as a table and, as the last line, the one JSON document that DESIGN.md describes. */
export function printReport(bench: string, results: readonly BenchResult[]): void {
  console.log(formatTable(results));
  console.log(JSON.stringify({ bench, machine: machine(), results }));
}

export function formatTable(results: readonly BenchResult[]): string {
  const columns = [...new Set(results.flatMap((result) => Object.keys(result)))];
  const rows = [columns, ...results.map((result) => columns.map((column) => cell(result[column])))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const numeric = columns.map((column) => results.every((result) => typeof result[column] !== 'string'));
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => (numeric[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [line(rows[0]!), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.slice(1).map(line)].join('\n');
}

function cell(value: BenchResult[string] | undefined): string {
  if (value === undefined || value === null) return '-';
  return typeof value === 'number' ? String(round(value)) : String(value);
}
