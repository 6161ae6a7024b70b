// How much of the libraries that neither train nor start servers their own specs run: a figure, no threshold.
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './run.mjs';

/** Their specs end in seconds, also while V8 counts, which costs them four times the CPU. */
export const COUNTED = 'contracts documents measurement evaluation datasets onnx pipeline search report'.split(' ');
const SUMMARY = join(ROOT, 'test-results', 'coverage', 'coverage-summary.json');
const DEADLINE_MS = 15 * 60_000;

/** Runs those specs once more while V8 counts, without a word; resolves to the line that tells the figure, or that there is none. */
export async function countCoverage() {
  await rm(SUMMARY, { force: true });
  const code = await runCounted();
  const summary = await readFile(SUMMARY, 'utf8').then(JSON.parse, () => null);
  return coverageLine(code, summary?.total);
}

/** "coverage: 91.2 % of the lines and 88.0 % of the branches of …"; a run that failed has no figure. */
export function coverageLine(code, total) {
  const where = `libs/{${COUNTED.join(',')}} by their own specs`;
  if (code !== 0 || !total) return `coverage: not counted for ${where}: exit code ${code}`;
  const share = ({ pct }) => `${pct.toFixed(1)} %`;
  return `coverage: ${share(total.lines)} of the lines and ${share(total.branches)} of the branches of ${where}`;
}

function runCounted() {
  const sources = `libs/{${COUNTED.join(',')}}/src/**/*.ts`;
  const left = '!**/*.{spec,fixture,conformance,d}.ts';
  const args = [
    join(ROOT, 'node_modules/jest/bin/jest.js'),
    ...['--silent', '--coverage', '--coverageReporters=json-summary'],
    ...[`--collectCoverageFrom=${sources}`, `--collectCoverageFrom=${left}`],
    ...COUNTED.map((library) => `libs/${library}/`),
  ];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'ignore', timeout: DEADLINE_MS });
    child.once('error', () => resolve(null)).once('close', (code) => resolve(code));
  });
}
