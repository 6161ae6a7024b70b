import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(__dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const readmesOf = (folder: string) =>
  readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = `${folder}/${name}/README.md`;
    return existsSync(join(ROOT, path)) ? [path] : [];
  });

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  ...readdirSync(join(ROOT, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  ...readmesOf('libs'),
  ...readmesOf('apps'),
];

/** A file of ours as a page names it; what stands for a name of the reader's is in capitals, or is the example `round`. */
const FILE = /\b(?:libs|apps|test|scripts|bench|examples)\/[\w./-]+\.(?:tsx?|mjs|cjs|json|ya?ml|md)\b/g;
const isMadeUp = (path: string) => /NAME|TASK|\bround\b/.test(path);

const filesOn = (page: string) =>
  [...read(page).matchAll(FILE)].map(([path]) => path).filter((path) => !isMadeUp(path));

describe('pages', () => {
  it.each(PAGES)('%s names files that are there', (page) => {
    expect(filesOn(page).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it.each(['libs', 'apps'])('draw every room of %s in docs/architecture.md, and each has its README', (folder) => {
    const rooms = readdirSync(join(ROOT, folder));
    const plan = read('docs/architecture.md');
    expect(rooms.filter((room) => !plan.includes(`\n  ${room}/ `))).toEqual([]);
    expect(rooms.filter((room) => !existsSync(join(ROOT, folder, room, 'README.md')))).toEqual([]);
  });

  it('name tables in the files that hold them, as what is added to them is', () => {
    const named = [...read('CONTRIBUTING.md').matchAll(/`(\w+)` (?:in|of) ((?:libs|apps)\/[\w./-]+\.ts)/g)];
    expect(named.length).toBeGreaterThan(5);
    const lost = named.filter(([, name, path]) => !new RegExp(`\\bconst ${name}\\b`).test(read(path!)));
    expect(lost.map(([text]) => text)).toEqual([]);
  });
});
