/**
 * Names of values and nodes that code adds to a model come from Graph.freshName, Names.fresh or GraphBuilder (for what
 * is written to a file), or from ownName (for graphs that are run and thrown away). A name that is put together on the
 * spot may be one that the model has already.
 */

/** Files that write whole graphs of their own, in which nothing of a model appears. */
export const OWN_GRAPHS = [
  'libs/compression/src/quantization/layers/layer-product.ts',
  'libs/compression/src/quantization/rounding/soft-rounding.ts',
  'libs/compression/src/training/parallel/blocked-layout.ts',
];

const TEXT = '[\'"`]';

/** Where a name is given, and may not be spelled out. */
const PLACES = [
  { pattern: new RegExp(`\\b(?:float|int64|make)Tensor\\(\\s*${TEXT}`), what: 'the name of a tensor' },
  { pattern: new RegExp(`\\boutputs: \\[\\s*${TEXT}`), what: 'the output of a node' },
  { pattern: new RegExp(`\\bmakeNode\\([^\\n]*?\\], \\[\\s*${TEXT}`), what: 'the output of a node' },
  { pattern: new RegExp(`\\bmakeNode\\([^\\n]*\\bname: ${TEXT}`), what: 'the name of a node' },
  {
    pattern: new RegExp(`\\.(?:input|output|initializer)\\(\\s*${TEXT}`),
    what: 'the name of an input, output or initializer',
  },
  {
    pattern: new RegExp(`\\b(?:const|let) \\w*[nN]ame = ${TEXT}[^'"\`]*\\$\\{[^\\n]*(?:Tensor|makeNode)`),
    what: 'a name',
  },
  { pattern: /\bnew GraphBuilder\(\s*(?!\)|ownName\()/, what: 'the prefix of a builder' },
];

/**
 * The lines of a file that spell out the name of something that they add to a model; `path` is relative to the
 * repository.
 */
export function spelledNames(path, text) {
  const isLibrary = /^libs\/(?!testing\/)[^/]+\/src\//.test(path) && !/\.(?:spec|fixture)\.ts$/.test(path);
  if (!isLibrary || OWN_GRAPHS.includes(path)) return [];
  return text.split('\n').flatMap((line, at) => {
    const place = /^\s*(?:\*|\/\/|\/\*)/.test(line) ? undefined : PLACES.find(({ pattern }) => pattern.test(line));
    return place
      ? [
          {
            path,
            line: at + 1,
            problem: `${place.what} is spelled out: ask Graph.freshName for one, or ownName where the graph is thrown away`,
          },
        ]
      : [];
  });
}
