/**
 * One name, one thing: no two definitions of a name are exported where somebody could take the one for the other. They meet within a library or
 * app, where a file may import what another library hands out under that name, and where both are handed out. And files do not import
 * each other in a circle, types included: what both need is a third file.
 */
import { APPS, importsOf, LIBRARIES } from './import-rules.mjs';

const EXPORT =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const enum|const|let|function\*?|class|interface|type|enum) ([\w$]+)/gm;
const TEST = /\.(?:spec|conformance|fixture)\.tsx?$/;

/** The names that a file defines and exports, each with its line; a schema and the type of its name are one. */
export function exportsOf(text) {
  const found = new Map();
  for (const match of text.matchAll(EXPORT))
    if (!found.has(match[1])) found.set(match[1], text.slice(0, match.index).split('\n').length);
  return [...found].map(([name, line]) => ({ name, line }));
}

/** Names that are defined twice where both can be met; `files` is a map from path to text, paths relative to the repository. */
export function doubleNames(files) {
  const handedOut = new Set(
    [...files].flatMap(([path, text]) => (INDEX.test(path) ? publicNames(path, text, files) : [])),
  );
  const defined = new Map();
  for (const [path, text] of files) {
    const room = roomOf(path);
    if (TEST.test(path) || !room) continue;
    for (const { name, line } of exportsOf(text)) {
      const place = { path, line, room, isPublic: handedOut.has(`${path} ${name}`) };
      defined.set(name, [...(defined.get(name) ?? []), place]);
    }
  }
  return [...defined].flatMap(([name, places]) =>
    places.flatMap((place, i) => {
      const other = places.slice(0, i).find((earlier) => canMeet(earlier, place));
      const problem = `${name} is defined in ${other?.path} too: one name, one thing`;
      return other ? [{ path: place.path, line: place.line, problem }] : [];
    }),
  );
}

const INDEX = /^libs\/[^/]+\/src\/index\.ts$/;
const HANDS_ON = /^export (?:type )?(?:\*|\{([^}]*)\}) from '(\.[^']+)';/gm;

/** What an index hands out, as `path name` of the files that define it. */
function publicNames(path, text, files) {
  return [...text.matchAll(HANDS_ON)].flatMap(([, list, specifier]) => {
    const [target] = sourcesOf(path, specifier, files);
    if (target === undefined) return [];
    const further = publicNames(target, files.get(target), files);
    if (list === undefined) return [...further, ...exportsOf(files.get(target)).map(({ name }) => `${target} ${name}`)];
    const names = list.split(',').map((entry) => entry.trim().replace(/^type /, ''));
    return names.flatMap((name) => [`${target} ${name}`, ...further.filter((entry) => entry.endsWith(` ${name}`))]);
  });
}

/** Whether somebody may come to see both. */
function canMeet(one, other) {
  if (one.room === other.room) return true;
  if (one.isPublic && other.isPublic) return true;
  return (one.isPublic && mayImport(other.room, one.room)) || (other.isPublic && mayImport(one.room, other.room));
}

function mayImport(room, library) {
  const [kind, name] = room.split('/');
  const allowed = (kind === 'libs' ? LIBRARIES : APPS)[name];
  return allowed === undefined || allowed.includes(library.slice('libs/'.length));
}

const roomOf = (path) => /^(?:libs|apps)\/[^/]+/.exec(path)?.[0];

/** Files that import each other in a circle, each circle told once at its first file. */
export function importCycles(files) {
  const edges = new Map([...files].map(([path, text]) => [path, relativeImports(path, text, files)]));
  return components(edges).map((circle) => {
    const members = circle.sort();
    return { path: members[0], line: 1, problem: `imports itself in a circle: ${members.join(', ')}` };
  });
}

function relativeImports(path, text, files) {
  return importsOf(text).flatMap(({ specifier }) => sourcesOf(path, specifier, files));
}

function sourcesOf(path, specifier, files) {
  if (!specifier.startsWith('.')) return [];
  const target = joined(path, specifier).replace(/\.js$/, '');
  return [`${target}.ts`, `${target}.tsx`].filter((candidate) => files.has(candidate));
}

function joined(path, specifier) {
  const parts = path.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Strongly connected components of more than one node (Tarjan 1972). */
function components(edges) {
  const [index, low, stack, circles] = [new Map(), new Map(), [], []];
  const visit = (node) => {
    index.set(node, index.size);
    low.set(node, index.get(node));
    stack.push(node);
    for (const next of edges.get(node)) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node), low.get(next)));
    }
    if (low.get(node) !== index.get(node)) return;
    const circle = stack.splice(stack.indexOf(node));
    if (circle.length > 1) circles.push(circle);
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return circles;
}
