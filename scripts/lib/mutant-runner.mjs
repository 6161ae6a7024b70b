// Runs specs on one mutant after another, as its parent sends them. A process of its own: a mutant may never end.
import { join } from 'node:path';
import { runCLI } from 'jest';
import base from '../../jest.config.mjs';
import { cpuSeconds, startCpuLimit } from './cpu-limit.mjs';
import { ROOT } from './run.mjs';

const [swc, swcOptions] = base.transform['^.+\\.ts$'];
if (swc !== '@swc/jest') throw new Error('jest.config.mjs compiles with something else than @swc/jest');

const config = {
  ...base,
  rootDir: ROOT,
  globalSetup: undefined,
  globalTeardown: undefined,
  testEnvironment: join(ROOT, 'scripts/lib/mutating-environment.cjs'),
  testSequencer: join(ROOT, 'scripts/lib/mutating-sequencer.cjs'),
  transform: { ...base.transform, '^.+\\.ts$': ['<rootDir>/scripts/lib/mutating-transform.cjs', swcOptions] },
};

/** Jest tells what it does on both streams; the parent has the words. */
process.stdout.write = () => true;
process.stderr.write = () => true;
process.on('disconnect', () => process.exit());
const mayUse = startCpuLimit();

let runs = 0;
/** A spec without a limit that takes longer never ends. */
const MOST_SECONDS = 600;

/**
 * `sources` [path, text] stand in place of files. `specs` { path, limit, tests } are run in their order up to a test
 * that fails, each for so many CPU seconds at most and of its tests those of these numbers, or all specs of `folders`.
 * Seconds are those of the CPU: the clock tells how busy the machine is.
 */
process.on('message', async ({ sources, specs = null, folders }) => {
  const [reached, seconds] = [new Map(), new Map()];
  const limits = new Map(specs?.map(({ path, limit }) => [path, limit]));
  let [running, from] = ['', 0];
  globalThis.coldpressMutation = {
    sources: new Map(sources.map(([path, text]) => [join(ROOT, path), text])),
    order: [...limits.keys()],
    reached,
    tests: new Map(specs?.map(({ path, tests }) => [path, tests])),
    onSpec: (path) => {
      [running, from] = [path, cpuSeconds()];
      mayUse(limits.get(path) ?? MOST_SECONDS);
    },
    onSpecEnd: () => seconds.set(running, cpuSeconds() - from),
  };
  // Jest remembers what it compiled by file and configuration: another one for each mutant.
  const globals = { run: (runs += 1) };
  const settings = { ...config, globals, roots: folders.map((folder) => join(ROOT, folder)) };
  const only = specs === null ? { _: [] } : { _: [...limits.keys()], runTestsByPath: true, bail: 1 };
  const argv = { $0: 'jest', ...only, config: JSON.stringify(settings), runInBand: true, silent: true, reporters: [] };
  const { results } = await runCLI({ ...argv, passWithNoTests: true }, [ROOT]);
  process.send({
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    specs: results.testResults.map(({ testFilePath, numFailingTests, failureMessage }) => ({
      path: testFilePath,
      seconds: seconds.get(testFilePath) ?? 0,
      failed: numFailingTests > 0 || Boolean(failureMessage),
      reached: [...(reached.get(testFilePath) ?? [])].map(([index, tests]) => [index, [...tests]]),
    })),
  });
});
