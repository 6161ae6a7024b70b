/**
 * A spread of a node or a tensor of a model loses the fields that its file leaves out, whose defaults are those of the
 * prototype: a copy with other fields comes from `changed`.
 */
const SPREAD =
  /\{ \.\.\.\w*(?:[nN]ode|[tT]ensor|[iI]nitializer), (?:name|opType|domain|input|output|attribute|rawData)\b/;

/** The lines of a file that spread a message of a model; `path` is relative to the repository. */
export function spreadMessages(path, text) {
  if (!/^libs\/[^/]+\/src\//.test(path)) return [];
  const problem = 'a spread of a message loses the fields that its file leaves out: use changed of #onnx';
  return text.split('\n').flatMap((line, at) => (SPREAD.test(line) ? [{ path, line: at + 1, problem }] : []));
}
