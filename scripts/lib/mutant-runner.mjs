// Runs specs on one mutant after another, as its parent sends them. A process of its own: a mutant may never end.
import { join } from 'node:path';
import { runCLI } from 'jest';
import base from '../../jest.config.mjs';
import { ROOT } from './run.mjs';

const [swc, swcOptions] = base.transform['^.+\\.ts$'];
if (swc !== '@swc/jest') throw new Error('jest.config.mjs compiles with something else than @swc/jest');

const config = {
  ...base,
  rootDir: ROOT,
  globalSetup: undefined,
  globalTeardown: undefined,
  transform: { ...base.transform, '^.+\\.ts$': ['<rootDir>/scripts/lib/mutating-transform.cjs', swcOptions] },
};

/** Jest tells what it does on both streams; the parent has the words. */
process.stdout.write = () => true;
process.stderr.write = () => true;

let runs = 0;

process.on('message', async ({ mutant, folder, specs }) => {
  globalThis.coldpressMutant = mutant && { ...mutant, path: join(ROOT, mutant.path) };
  const related = mutant === null ? {} : { findRelatedTests: true, _: [join(ROOT, mutant.path)] };
  const only = specs === null ? {} : { testPathIgnorePatterns: specs.leftOut.map((path) => `${path}$`) };
  // Jest remembers what it compiled by file and configuration: another one for each mutant.
  const globals = { run: (runs += 1) };
  const settings = { ...config, globals, roots: [join(ROOT, folder)], ...only };
  const argv = { $0: 'jest', _: [], ...related, config: JSON.stringify(settings), runInBand: true, silent: true };
  const bail = mutant === null ? {} : { bail: 1 };
  const { results } = await runCLI({ ...argv, ...bail, passWithNoTests: true, reporters: [] }, [ROOT]);
  process.send({
    failed: results.numFailedTests + results.numRuntimeErrorTestSuites,
    specs: results.testResults.map(({ testFilePath, perfStats, numFailingTests, failureMessage }) => ({
      path: testFilePath,
      seconds: (perfStats.end - perfStats.start) / 1000,
      failed: numFailingTests > 0 || Boolean(failureMessage),
    })),
  });
});
