// npm run lint: oxlint, who may import whom, how values are named, layout, types. Prints what is wrong and fails, or
// says that nothing is.
import { ensureDependencies } from './lib/dependencies.mjs';
import { eachSource, lintChecks, runChecks } from './lib/lint-checks.mjs';

/** How the product's code is laid out: what a reader meets, tests aside. */
async function printFigures() {
  const { figuresOf, quantile } = await import('./lib/figures.mjs');
  const files = await eachSource(['libs', 'apps'], (path, text) =>
    isProduct(path) ? [{ path, ...figuresOf(path, text) }] : [],
  );
  const sum = (name) => files.reduce((total, file) => total + file[name], 0);
  const all = (name) => files.flatMap((file) => file[name]).sort((a, b) => a - b);
  const [lines, statements] = [sum('lines'), all('statements')];
  const longest = files.toSorted((a, b) => b.lines - a.lines)[0];
  const tell = (words) => console.log(`figures: ${words}`);
  tell(`${files.length} files, ${lines} lines`);
  tell(`lines over 120 characters ${((100 * sum('wide')) / lines).toFixed(2)} %`);
  tell(`non-null assertions ${((1000 * sum('assertions')) / lines).toFixed(1)} per 1,000 lines`);
  tell(`tokens per statement: median ${quantile(statements, 0.5)}, 90th percentile ${quantile(statements, 0.9)}`);
  tell(`longest file ${longest.path}, ${longest.lines} lines; longest function ${all('functions').at(-1)} lines`);
}

const isProduct = (path) => !/\.(spec|fixture|conformance)\.tsx?$/.test(path) && !path.startsWith('libs/testing/');

await ensureDependencies();
if (process.argv.includes('--figures')) await printFigures();
process.exitCode = (await runChecks(lintChecks(), 'lint')) ? 1 : 0;
