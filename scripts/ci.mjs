// .ci/run: every test by name, every example with the demo's figures checked, the package made, installed and used.
// The last line counts what passed and failed. What follows goes to Jest: .ci/run --coverage prints how much of all
// code ran; without it, the figure is that of the libraries that are quick to count.
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { countCoverage } from './lib/coverage.mjs';
import { checkDemo } from './lib/demo-checks.mjs';
import { checkPackage } from './lib/package/package-checks.mjs';
import { passSignals, ROOT } from './lib/run.mjs';

const RESULTS = join(ROOT, 'test-results');
/** The suite is kept under half an hour on two quiet cores; a slow or busy machine gets more. */
const TEST_DEADLINE_MS = 50 * 60_000;
const EXAMPLE_DEADLINE_MS = 10 * 60_000;

/**
 * Runs a script, showing its output as it comes; resolves to its exit code (null after the deadline) and its output.
 */
function show(args, deadlineMs) {
  return new Promise((resolve, reject) => {
    const options = { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], timeout: deadlineMs };
    const child = passSignals(spawn(process.execPath, args, options));
    let output = '';
    child.stdout.on('data', (piece) => {
      output += piece;
      process.stdout.write(piece);
    });
    child.once('error', reject).once('close', (code) => resolve({ code, output }));
  });
}

async function tests() {
  const file = join(RESULTS, 'jest.json');
  await rm(file, { force: true });
  const { code } = await show(
    ['scripts/test.mjs', '--json', `--outputFile=${file}`, '--silent', '--verbose', ...process.argv.slice(2)],
    TEST_DEADLINE_MS,
  );
  const report = await readFile(file, 'utf8').then(JSON.parse, () => null);
  if (!report) return [{ name: 'npm test ends with a report', passed: false, figures: `exit code ${code}` }];
  printSlowest(report.testResults);
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const named = report.testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name }) => name.slice(ROOT.length + 1));
  return [
    ...Array(report.numPassedTests).fill({ passed: true }),
    ...Array(failed).fill({ name: 'a test', passed: false, figures: `see ${named.join(', ')}` }),
    { name: 'npm test ends well, lint included', passed: code === 0, figures: `exit code ${code}` },
  ];
}

/** The suites that take longest, so that one that grows is seen. */
function printSlowest(suites, count = 12) {
  const timed = suites.map(({ name, startTime, endTime }) => ({
    name: name.slice(ROOT.length + 1),
    seconds: (endTime - startTime) / 1000,
  }));
  for (const { name, seconds } of timed.sort((a, b) => b.seconds - a.seconds).slice(0, count)) {
    console.log(`${seconds.toFixed(0).padStart(6)} s  ${name}`);
  }
}

async function examples() {
  const folders = await readdir(join(ROOT, 'examples'), { withFileTypes: true });
  const checks = [];
  for (const { name } of folders.filter((entry) => entry.isDirectory())) {
    if (name === 'seed-net')
      checks.push(...checkDemo((await show(['scripts/demo.mjs', '--json'], EXAMPLE_DEADLINE_MS)).output));
    else if ((await readdir(join(ROOT, 'examples', name))).includes('demo.ts')) {
      const { code } = await show([`dist/examples/${name}/demo.js`], EXAMPLE_DEADLINE_MS);
      checks.push({ name: `examples/${name} runs`, passed: code === 0, figures: `exit code ${code}` });
    }
  }
  return checks;
}

await mkdir(RESULTS, { recursive: true });
const checks = [...(await tests()), ...(await examples()), ...(await checkPackage())];
for (const { name, passed, figures } of checks)
  if (name) console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}: ${figures}`);
if (!process.argv.includes('--coverage')) console.log(await countCoverage());
const failed = checks.filter(({ passed }) => !passed).length;
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
