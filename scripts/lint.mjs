// npm run lint: oxlint, who may import whom, how values are named, layout, types. Prints what is wrong and fails, or says that nothing is.
import { ensureDependencies } from './lib/dependencies.mjs';
import { eachSource, lintChecks, runChecks } from './lib/lint-checks.mjs';

/** How the product's code is laid out: what a reader meets, tests aside. */
async function printFigures() {
  const files = await eachSource(['libs', 'apps'], (path, text) =>
    isProduct(path) ? [{ path, ...figuresOf(text) }] : [],
  );
  const sum = (name) => files.reduce((total, file) => total + file[name], 0);
  const longest = files.toSorted((a, b) => b.lines - a.lines)[0];
  const lines = sum('lines');
  console.log(`figures: ${files.length} files, ${lines} lines`);
  console.log(`figures: lines over 120 characters ${((100 * sum('wide')) / lines).toFixed(2)} %`);
  console.log(`figures: non-null assertions ${((1000 * sum('assertions')) / lines).toFixed(1)} per 1,000 lines`);
  console.log(`figures: longest file ${longest.path}, ${longest.lines} lines`);
}

const isProduct = (path) => !/\.(spec|fixture|conformance)\.tsx?$/.test(path) && !path.startsWith('libs/testing/');

function figuresOf(text) {
  const lines = text.split('\n');
  return {
    lines: lines.length,
    wide: lines.filter((line) => line.length > 120).length,
    assertions: (text.match(/[\w)\]]!(?=[.;,)\]}\s[(])(?!=)/g) ?? []).length,
  };
}

await ensureDependencies();
if (process.argv.includes('--figures')) await printFigures();
process.exitCode = (await runChecks(lintChecks(), 'lint')) ? 1 : 0;
