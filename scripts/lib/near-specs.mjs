import { posix } from 'node:path';

const SPEC = /\.spec\.tsx?$/;
const SOURCE = /^(?:libs|apps)\/.*\.tsx?$/;

/**
 * The unit tests of changed files: a spec itself, the spec beside a file, or else all those of its folder. `slow` are
 * changed specs below test/, which start servers, `untested` changed files without any spec near them.
 */
export function nearSpecs(changed, specs) {
  const isSpec = new Set(specs);
  const near = new Set();
  const untested = [];
  for (const path of changed.filter((name) => SOURCE.test(name))) {
    const found = SPEC.test(path) ? [path] : specsBeside(path, isSpec);
    for (const spec of found) near.add(spec);
    if (found.length === 0) untested.push(path);
  }
  const slow = changed.filter((path) => path.startsWith('test/') && SPEC.test(path));
  return { near: [...near].sort(), slow, untested };
}

function specsBeside(path, isSpec) {
  const own = path.replace(/(\.(fixture|conformance))?\.tsx?$/, '.spec.ts');
  if (isSpec.has(own)) return [own];
  return [...isSpec].filter((spec) => posix.dirname(spec) === posix.dirname(path));
}
