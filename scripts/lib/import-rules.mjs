/** Who may import whom. A room is `libs/x` or `apps/x`; suites are the folders that may look at everything. */
export const LIBRARIES = {
  contracts: [],
  client: ['contracts'],
  numbers: ['contracts'],
  onnx: ['contracts', 'numbers'],
  storage: ['contracts'],
  search: ['contracts', 'numbers'],
  'model-graph': ['contracts'],
  measurement: ['contracts', 'numbers'],
  inference: ['contracts', 'numbers', 'onnx', 'measurement'],
  autodiff: ['contracts', 'onnx'],
  evaluation: ['contracts', 'numbers', 'onnx', 'inference', 'measurement'],
  documents: ['contracts'],
  datasets: ['contracts', 'numbers', 'documents', 'onnx', 'inference'],
  compression: ['contracts', 'numbers', 'onnx', 'inference', 'autodiff', 'measurement', 'evaluation', 'datasets'],
  // What others import: the passes without a server.
  library: ['contracts', 'onnx', 'inference', 'evaluation', 'datasets', 'compression'],
  pipeline: ['contracts', 'numbers', 'documents', 'search'],
  report: ['contracts', 'pipeline', 'model-graph'],
  process: ['contracts'],
  queue: ['contracts'],
  database: ['contracts'],
  infrastructure: ['contracts', 'process', 'queue', 'database', 'storage'],
};

const EVERY = Object.keys(LIBRARIES);
const NATIVE = ['inference', 'autodiff', 'evaluation', 'datasets', 'compression', 'library'];
/** Libraries that are made of Nest. */
const NEST = ['infrastructure'];

export const APPS = {
  api: EVERY.filter((library) => !NATIVE.includes(library)),
  worker: EVERY,
  // Data and models that lie with the user are read there; what is native loads when it is needed.
  cli: [...EVERY.filter((library) => !NATIVE.includes(library) && !NEST.includes(library)), 'datasets', 'inference'],
  agent: ['client', 'contracts', 'numbers', 'inference', 'measurement'],
  dashboard: ['contracts', 'client', 'numbers', 'search', 'model-graph', 'measurement'],
};

/**
 * The rooms within libs/compression, each with those that it may import; what lies at its top is for all of them.
 * Quantization and pruning do not know each other, and no pass imports another.
 */
export const ENGINES = {
  rewrites: [],
  training: ['rewrites'],
  quantization: ['rewrites', 'training'],
  pruning: ['rewrites', 'training'],
  distillation: ['rewrites', 'training', 'quantization', 'pruning'],
  passes: ['rewrites', 'training', 'quantization', 'pruning', 'distillation'],
};

/** Tests and measurements; testing itself builds on every library. */
export const SUITES = ['test', 'bench', 'examples', 'libs/testing'];

/** What the tests of any library may use besides: the runtime is their oracle. */
export const ORACLES = ['testing', 'onnx', 'inference'];

/** Packages that only these rooms may import. */
export const PACKAGES = [
  { pattern: /^@nestjs\//, rooms: ['libs/infrastructure', 'apps/api', 'apps/worker'] },
  { pattern: /^bullmq$/, rooms: ['libs/queue'] },
  { pattern: /^onnxruntime-node$/, rooms: ['libs/inference'] },
  { pattern: /^(react|react-dom|uplot|@tanstack\/.*)($|\/)/, rooms: ['apps/dashboard'] },
];

/** All the packages that the room may import; others may import any that is not reserved above. */
export const ONLY = { 'libs/contracts': [/^zod$/], 'libs/client': [/^zod$/] };

/** Rooms whose code also runs in browsers. */
const IN_BROWSERS = ['libs/contracts', 'libs/client', 'libs/numbers', 'libs/model-graph', 'apps/dashboard'];

const IMPORT = /(?:\bfrom|\bimport|\brequire(?:\.resolve)?)\s*\(?\s*(['"])([^'"\n]+)\1/g;

/** What a file imports, with the line of each. */
export function importsOf(text) {
  return [...text.matchAll(IMPORT)].map((match) => ({
    specifier: match[2],
    line: text.slice(0, match.index).split('\n').length,
  }));
}

/** The broken rules of one file; `path` is relative to the repository, with forward slashes. */
export function violations(path, text) {
  const room = roomOf(path);
  return importsOf(text).flatMap(({ specifier, line }) => {
    const problem = problemOf(path, room, specifier);
    return problem ? [{ path, line, specifier, problem }] : [];
  });
}

function problemOf(path, room, specifier) {
  if (specifier.startsWith('#')) return libraryProblem(path, room, specifier.slice(1));
  if (specifier.startsWith('.')) return relativeProblem(path, room, specifier);
  if (specifier.startsWith('node:'))
    return IN_BROWSERS.includes(room) && !isTest(path) ? `${room} also runs in the browser` : null;
  return packageProblem(path, room, specifier);
}

function libraryProblem(path, room, library) {
  if (library.includes('/')) return "a deep import: take it from the library's index";
  if (SUITES.includes(room)) return null;
  if (isTest(path) && ORACLES.includes(library)) return null;
  if (library === 'testing') return 'testing is for tests';
  const allowed = room.startsWith('libs/') ? LIBRARIES[room.slice(5)] : APPS[room.slice(5)];
  if (!allowed) return `${room} has no entry in the table of scripts/lib/import-rules.mjs`;
  if (`libs/${library}` === room) return 'a library imports its own files by relative path';
  return allowed.includes(library) ? null : `${room} may import ${allowed.join(', ') || 'no library'} only`;
}

function relativeProblem(path, room, specifier) {
  const target = resolvePath(path, specifier);
  if (target.startsWith(`${room}/`)) return isTest(path) ? null : engineProblem(path, target);
  if (isTest(path) || room === 'test') return null;
  return SUITES.includes(room) && !target.startsWith('libs/') ? null : 'a relative import must stay in its room';
}

const COMPRESSION = /^libs\/compression\/src\/([^/]+)\/([^/]+)/;

/** Whether an import within libs/compression goes against the arrows of its engines. */
function engineProblem(path, target) {
  const [from, to] = [COMPRESSION.exec(path), COMPRESSION.exec(target)];
  if (!from || !to) return null;
  const [engine, other] = [from[1], to[1]];
  if (engine === other)
    return engine === 'passes' && from[2] !== to[2]
      ? 'no pass imports another: what both need belongs to an engine'
      : null;
  const allowed = ENGINES[engine];
  if (!allowed)
    return `libs/compression/src/${engine} has no entry in the table of engines in scripts/lib/import-rules.mjs`;
  return allowed.includes(other) ? null : `${engine} may import ${allowed.join(', ') || 'no other engine'} only`;
}

function packageProblem(path, room, specifier) {
  if (isTest(path) || SUITES.includes(room)) return null;
  const reserved = PACKAGES.find(({ pattern }) => pattern.test(specifier));
  if (reserved && !reserved.rooms.includes(room)) return `only ${reserved.rooms.join(', ')} may import it`;
  return ONLY[room] && !ONLY[room].some((pattern) => pattern.test(specifier))
    ? `${room} may import ${ONLY[room].map((pattern) => pattern.source).join(', ')} only`
    : null;
}

const isTest = (path) => /\.(spec|conformance|fixture)\.tsx?$/.test(path);

const roomOf = (path) => /^((?:libs|apps)\/[^/]+|[^/]+)\//.exec(path)?.[1] ?? '';

function resolvePath(path, specifier) {
  const parts = path.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
