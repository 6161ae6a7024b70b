// npm run mutate -- libs/pipeline: changes one place of the code at a time and says which changes no spec of that library notices.
import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureDependencies } from './lib/dependencies.mjs';
import { eachSource } from './lib/lint-checks.mjs';
import { mutationSites } from './lib/mutation-sites.mjs';
import { ROOT } from './lib/run.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    'spec-seconds': { type: 'string', default: '20' },
  },
});
/** A mutant may take so many times as long as all specs of the library before it is taken to never end. */
const PATIENCE = 3;
/** So long the specs of a folder may take at first. */
const FIRST_MS = 1800_000;

/** Children that run specs; one that is late is ended, and the next request gets another. */
class Runner {
  child = null;

  run(request, deadlineMs) {
    this.child ??= fork(fileURLToPath(new URL('./lib/mutant-runner.mjs', import.meta.url)), { stdio: 'inherit' });
    const { child } = this;
    return new Promise((resolve) => {
      const end = (answer) => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (answer === null) this.stop();
        resolve(answer);
      };
      const timer = setTimeout(() => end(null), deadlineMs);
      child.once('message', end).once('exit', () => end(null));
      child.send(request);
    });
  }

  stop() {
    this.child?.kill('SIGKILL');
    this.child = null;
  }
}

/** The same numbers for a seed, from 0 to 1 (mulberry32). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function sampleOf(items, count, random) {
  const shuffled = items.map((item) => ({ item, at: random() })).sort((a, b) => a.at - b.at);
  return shuffled.slice(0, count).map(({ item }) => item);
}

const isProduct = (path) => !/\.(spec|fixture|conformance)\.tsx?$|\.d\.ts$|\/index\.ts$/.test(path);

/** The specs of the folder without a mutant: what fails there, or takes too long, says nothing about mutants. */
async function usableSpecs(runner, folder) {
  const answer = await runner.run({ mutant: null, folder, specs: null }, FIRST_MS);
  if (answer === null) throw new Error(`the specs of ${folder} do not end`);
  const limit = Number(flags['spec-seconds']);
  const leftOut = answer.specs.filter(({ failed, seconds }) => failed || seconds > limit);
  for (const { path, failed, seconds } of leftOut) {
    const why = failed ? 'it fails without a mutant, as one that needs servers' : `${seconds.toFixed(0)} s`;
    console.log(`mutate: left out ${relative(ROOT, path)}: ${why}`);
  }
  const seconds = answer.specs.reduce((sum, spec) => sum + (leftOut.includes(spec) ? 0 : spec.seconds), 0);
  console.log(`mutate: ${answer.specs.length - leftOut.length} specs of ${folder} in ${seconds.toFixed(0)} s`);
  return { leftOut: leftOut.map(({ path }) => path), seconds };
}

async function mutateFolder(folder) {
  const sites = await eachSource([folder], (path, text) => (isProduct(path) ? mutationSites(path, text) : []));
  const sample = sampleOf(sites, Number(flags.sample), randomNumbers(Number(flags.seed)));
  const runner = new Runner();
  const specs = await usableSpecs(runner, folder);
  console.log(`mutate: ${sample.length} of ${sites.length} places of ${folder}`);
  const survivors = [];
  for (const [index, mutant] of sample.entries()) {
    const answer = await runner.run({ mutant, folder, specs }, 10_000 + PATIENCE * 1000 * specs.seconds);
    const isNoticed = answer === null || answer.failed > 0;
    if (!isNoticed) survivors.push(mutant);
    if (!isNoticed)
      console.log(`${index + 1}: ${await describe(mutant)}${answer.specs.length === 0 ? '  (no spec)' : ''}`);
  }
  runner.stop();
  const noticed = sample.length - survivors.length;
  console.log(
    `mutate: ${folder}: ${noticed} of ${sample.length} noticed (${Math.round((100 * noticed) / sample.length)} %)`,
  );
}

async function describe({ path, line, start, end, text }) {
  const source = await readFile(join(ROOT, path), 'utf8');
  const before = source.slice(start, end).replaceAll(/\s+/g, ' ').slice(0, 60);
  return `${path}:${line}  ${before}  ->  ${text.replaceAll(/\s+/g, ' ').slice(0, 60)}   in: ${source.split('\n')[line - 1].trim().slice(0, 90)}`;
}

await ensureDependencies();
if (positionals.length === 0) throw new Error('name a folder: npm run mutate -- libs/pipeline');
for (const folder of positionals) await mutateFolder(folder.replace(/\/$/, ''));
