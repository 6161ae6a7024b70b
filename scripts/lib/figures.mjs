// Figures of how the code is laid out: what a reader meets. Counted on the syntax tree, so that text which only looks
// like code is not.
import ts from 'typescript';

const LONGEST_LINE = 120;

/**
 * Figures of one file: its lines, those that are too wide, its non-null assertions, and the tokens of each simple
 * statement.
 */
export function figuresOf(path, text) {
  const lines = text.split('\n');
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
  const figures = {
    lines: lines.length,
    wide: lines.filter((line) => line.length > LONGEST_LINE).length,
    assertions: 0,
    statements: [],
    functions: [],
  };
  count(source, source, figures);
  return figures;
}

/** The value below which a share of the sorted numbers lies. */
export function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function count(node, source, figures) {
  if (ts.isNonNullExpression(node)) figures.assertions++;
  if (isSimple(node)) figures.statements.push(tokensOf(node, source));
  if (ts.isFunctionLike(node) && node.body) figures.functions.push(linesOf(node, source));
  ts.forEachChild(node, (child) => count(child, source, figures));
}

/** A statement that holds no other: what stands in a block of a function within it counts for itself. */
function isSimple(node) {
  return (
    ts.isVariableStatement(node) ||
    ts.isExpressionStatement(node) ||
    ts.isReturnStatement(node) ||
    ts.isThrowStatement(node)
  );
}

function tokensOf(node, source) {
  if (ts.isBlock(node)) return 0;
  const children = node.getChildren(source);
  if (children.length === 0) return node.end > node.getStart(source) ? 1 : 0;
  return children.reduce((sum, child) => sum + tokensOf(child, source), 0);
}

function linesOf(node, source) {
  const lineAt = (position) => source.getLineAndCharacterOfPosition(position).line;
  return lineAt(node.end) - lineAt(node.getStart(source)) + 1;
}
