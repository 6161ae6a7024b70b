// npm run mutate -- libs/pipeline: changes one place of the code at a time and says which changes no spec of that
// library notices.
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureDependencies } from './lib/dependencies.mjs';
import { eachSource } from './lib/lint-checks.mjs';
import { mutantOf, mutationSites, sampleOf, withProbes } from './lib/mutation-sites.mjs';
import { ROOT } from './lib/run.mjs';
import { SpecRunner } from './lib/spec-runner.mjs';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    specs: { type: 'string', multiple: true, default: [] },
    only: { type: 'string' },
    'spec-seconds': { type: 'string', default: '20' },
    'mutant-seconds': { type: 'string', default: '40' },
  },
});
/**
 * A spec may use so many times the CPU time that it uses without a mutant, and some seconds, before the mutant is taken
 * to never end.
 */
const [PATIENCE, MORE_SECONDS] = [4, 10];
/** The number that stands for what is reached while no test runs. */
const OUTSIDE = -1;

const isProduct = (path) => !/\.(spec|fixture|conformance)\.tsx?$|\.d\.ts$|\/index\.ts$/.test(path);
const say = (text) => console.log(`mutate: ${text}`);
const sourceOf = (path) => readFile(join(ROOT, path), 'utf8');

/**
 * The specs without a mutant, and what places each reaches: what fails there, or takes too long, says nothing about
 * mutants.
 */
async function usableSpecs(runner, folders, sample) {
  const sitesOf = (path) => sample.filter((site) => site.path === path);
  const paths = [...new Set(sample.map(({ path }) => path))];
  const sources = paths.map(async (path) => [path, withProbes(await sourceOf(path), sitesOf(path))]);
  const answer = await runner.run({ sources: await Promise.all(sources), folders });
  if (answer === null) throw new Error(`a spec of ${folders.join(', ')} does not end`);
  const limit = Number(flags['spec-seconds']);
  const isUsable = ({ failed, seconds }) => !failed && seconds <= limit;
  for (const spec of answer.specs.filter((one) => !isUsable(one))) {
    const why = spec.failed ? 'it fails without a mutant, as one that needs servers' : `${spec.seconds.toFixed(0)} s`;
    say(`left out ${relative(ROOT, spec.path)}: ${why}`);
  }
  return answer.specs.filter(isUsable);
}

/** What of a spec is run on a mutant: the tests that reach its place, all of them where it is reached outside of tests. */
function partOf({ path, seconds, reached }, index) {
  const [, tests] = reached.find(([place]) => place === index) ?? [];
  if (tests === undefined) return [];
  return [{ path, seconds, limit: MORE_SECONDS + PATIENCE * seconds, tests: tests.includes(OUTSIDE) ? [] : tests }];
}

/** The specs that reach a place, those of its folder first and then the fastest, as far as there is time for them. */
function specsFor({ path, index }, specs) {
  const isFar = (spec) => Number(dirname(spec.path) !== join(ROOT, dirname(path)));
  const reaching = specs.flatMap((spec) => partOf(spec, index));
  const ordered = reaching.toSorted((a, b) => isFar(a) - isFar(b) || a.seconds - b.seconds);
  let left = Number(flags['mutant-seconds']);
  const chosen = ordered.filter(({ seconds }) => (left -= seconds) >= 0);
  return { chosen, leftOut: ordered.length - chosen.length };
}

/** Whether a spec notices the mutant, and what there is to say of it besides. */
async function tryMutant(runner, mutant, specs, folders) {
  const { chosen, leftOut } = specsFor(mutant, specs);
  if (chosen.length === 0)
    return { isNoticed: false, note: leftOut > 0 ? 'no spec that is fast' : 'no spec reaches it' };
  const sources = [[mutant.path, mutantOf(await sourceOf(mutant.path), mutant)]];
  const answer = await runner.run({ sources, folders, specs: chosen });
  const note = `${chosen.length} specs${leftOut > 0 ? `, ${leftOut} for which there was no time` : ''}`;
  return { isNoticed: answer === null || answer.failed > 0, note };
}

async function mutateFolder(runner, folder) {
  const sites = await eachSource([folder], (path, text) => (isProduct(path) ? mutationSites(path, text) : []));
  const sample = sampleOf(sites, Number(flags.sample), flags.seed);
  const wanted = flags.only?.split(',').map(Number);
  const tried = sample.filter(({ index }) => wanted?.includes(index) ?? true);
  const folders = [folder, ...flags.specs];
  const specs = await usableSpecs(runner, folders, tried);
  const seconds = specs.reduce((sum, spec) => sum + spec.seconds, 0);
  say(`${specs.length} specs of ${folders.join(', ')} in ${seconds.toFixed(0)} s of CPU`);
  say(`${tried.length} of ${sites.length} places of ${folder}`);
  let noticed = 0;
  for (const mutant of tried) {
    const { isNoticed, note } = await tryMutant(runner, mutant, specs, folders);
    if (isNoticed) noticed += 1;
    else console.log(`${mutant.index}: ${await describe(mutant)}   (${note})`);
  }
  say(`${folder}: ${noticed} of ${tried.length} noticed (${Math.round((100 * noticed) / tried.length)} %)`);
}

async function describe({ path, line, start, end, text }) {
  const source = await sourceOf(path);
  const before = source.slice(start, end).replaceAll(/\s+/g, ' ').slice(0, 60);
  const after = text.replaceAll(/\s+/g, ' ').slice(0, 60);
  return `${path}:${line}  ${before}  ->  ${after}   in: ${source.split('\n')[line - 1].trim().slice(0, 90)}`;
}

await ensureDependencies();
if (positionals.length === 0) throw new Error('name a folder: npm run mutate -- libs/pipeline');
const runner = new SpecRunner();
for (const folder of positionals) await mutateFolder(runner, folder.replace(/\/$/, ''));
runner.stop();
