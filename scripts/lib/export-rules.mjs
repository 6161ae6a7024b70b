/**
 * One name, one thing: no two definitions of a name are exported, whether or not one file could see both, since a
 * reader searches the whole tree. And files do not import each other in a circle, types included: what both need is a
 * third file.
 */
import { importsOf } from './import-rules.mjs';

const EXPORT =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const enum|const|let|function\*?|class|interface|type|enum) ([\w$]+)/gm;
const SPEC = /\.(?:spec|conformance)\.tsx?$/;

/** The names that a file defines and exports, each with its line; a schema and the type of its name are one. */
export function exportsOf(text) {
  const found = new Map();
  for (const match of text.matchAll(EXPORT))
    if (!found.has(match[1])) found.set(match[1], text.slice(0, match.index).split('\n').length);
  return [...found].map(([name, line]) => ({ name, line }));
}

/**
 * Names that are defined twice anywhere; `files` is a map from path to text, paths relative to the repository. Specs
 * export nothing that others import.
 */
export function doubleNames(files) {
  const defined = new Map();
  for (const [path, text] of files) {
    if (SPEC.test(path)) continue;
    for (const { name, line } of exportsOf(text)) {
      if (isEntry(path, name)) continue;
      defined.set(name, [...(defined.get(name) ?? []), { path, line }]);
    }
  }
  return [...defined].flatMap(([name, [first, ...others]]) =>
    others.map(({ path, line }) => ({
      path,
      line,
      problem: `${name} is defined in ${first.path} too: one name, one thing`,
    })),
  );
}

/** The name under which every benchmark is begun. */
const isEntry = (path, name) => name === 'run' && /^bench\/[^/]+\.bench\.ts$/.test(path);

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
