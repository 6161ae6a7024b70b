import { createHash } from 'node:crypto';
import ts from 'typescript';

const { SyntaxKind } = ts;

/** An operator, and the one that a mutant has in its place. */
const OPERATORS = new Map([
  [SyntaxKind.PlusToken, '-'],
  [SyntaxKind.MinusToken, '+'],
  [SyntaxKind.AsteriskToken, '/'],
  [SyntaxKind.SlashToken, '*'],
  [SyntaxKind.LessThanToken, '<='],
  [SyntaxKind.LessThanEqualsToken, '<'],
  [SyntaxKind.GreaterThanToken, '>='],
  [SyntaxKind.GreaterThanEqualsToken, '>'],
  [SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [SyntaxKind.AmpersandAmpersandToken, '||'],
  [SyntaxKind.BarBarToken, '&&'],
  [SyntaxKind.PlusEqualsToken, '-='],
]);
/** A method, and the one that a mutant calls. */
const METHODS = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['min', 'max'],
  ['max', 'min'],
  ['ceil', 'floor'],
  ['floor', 'ceil'],
  ['push', 'unshift'],
  ['unshift', 'push'],
  ['flatMap', 'map'],
]);

/**
 * Each way of changing one place of a source: `start` and `end` in characters, `text` what stands there in the mutant.
 * `probe` is the expression or statement around it, and `key` names the place by its line's text, so that it stays when
 * other lines change.
 */
export function mutationSites(path, source) {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const lines = source.split('\n');
  const known = new Map();
  const sites = [];
  const add = (node, text, around = node) => {
    const start = node.getStart(file);
    const { line, character } = file.getLineAndCharacterOfPosition(start);
    const place = `${path} ${lines[line].slice(0, character).trimStart()}|${lines[line].slice(character)} -> ${text}`;
    const count = known.get(place) ?? 0;
    known.set(place, count + 1);
    const key = `${place} ${count}`;
    sites.push({ path, start, end: node.getEnd(), text, line: line + 1, key, probe: probeAround(around, file) });
  };
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    mutate(node, add, file);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return sites;
}

/**
 * The smallest statement or expression with the node that may stand in brackets of its own: no link of a chain, nothing
 * that is assigned to.
 */
function probeAround(node, file) {
  let around = node;
  while (isPartOfPlace(around)) around = around.parent;
  return { start: around.getStart(file), end: around.getEnd(), isStatement: ts.isStatement(around) };
}

function isPartOfPlace(node) {
  const { parent } = node;
  if (ts.isBinaryExpression(parent)) return parent.left === node && ts.isAssignmentOperator(parent.operatorToken.kind);
  if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent) || ts.isDeleteExpression(parent))
    return true;
  const isLink =
    ts.isPropertyAccessExpression(parent) ||
    ts.isElementAccessExpression(parent) ||
    ts.isCallExpression(parent) ||
    ts.isNonNullExpression(parent);
  return isLink && parent.expression === node;
}

function mutate(node, add, file) {
  if (ts.isBinaryExpression(node)) {
    const other = OPERATORS.get(node.operatorToken.kind);
    if (other !== undefined) add(node.operatorToken, other, node);
    if (node.operatorToken.kind === SyntaxKind.QuestionQuestionToken) add(node, node.right.getText(file));
  } else if (ts.isPrefixUnaryExpression(node)) {
    if ([SyntaxKind.ExclamationToken, SyntaxKind.MinusToken].includes(node.operator))
      add(node, `(${node.operand.getText(file)})`);
  } else if (ts.isNumericLiteral(node)) {
    // The key of a row is a name: a sum in its place does not compile.
    if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return;
    add(node, node.text === '0' ? '1' : node.text === '1' ? '0' : `(${node.text} + 1)`);
  } else if (node.kind === SyntaxKind.TrueKeyword) add(node, 'false');
  else if (node.kind === SyntaxKind.FalseKeyword) add(node, 'true');
  else if (ts.isConditionalExpression(node)) {
    add(node, `(${node.whenTrue.getText(file)})`);
    add(node, `(${node.whenFalse.getText(file)})`);
  } else if (
    ts.isPropertyAccessExpression(node) &&
    ts.isCallExpression(node.parent) &&
    node.parent.expression === node
  ) {
    const other = METHODS.get(node.name.text);
    if (other !== undefined) add(node.name, other, node.parent);
    if (node.name.text === 'filter') add(node.parent, node.expression.getText(file));
  } else mutateStatement(node, add);
}

/** A statement that is left out, a condition that always holds. */
function mutateStatement(node, add) {
  if (ts.isIfStatement(node)) add(node.expression, 'true');
  const isCall = ts.isExpressionStatement(node) && ts.isCallExpression(node.expression);
  const isBareReturn = ts.isReturnStatement(node) && node.expression === undefined;
  if (isCall || isBareReturn || ts.isThrowStatement(node) || ts.isContinueStatement(node)) add(node, ';');
}

export const mutantOf = (source, { start, end, text }) => source.slice(0, start) + text + source.slice(end);

/** The source with `globalThis.coldpressReached(index)` before each of the sites, which says that it was reached. */
export function withProbes(source, sites) {
  const inserts = sites.flatMap(({ probe: { start, end, isStatement }, index }) => {
    const size = end - start;
    const call = `globalThis.coldpressReached?.(${index})`;
    return [
      { at: start, rank: -size, text: isStatement ? `{ ${call}; ` : `(${call}, ` },
      { at: end, rank: size - source.length, text: isStatement ? ' }' : ')' },
    ];
  });
  // What ends goes before what begins; of those that begin the widest, of those that end the narrowest.
  const isEnd = ({ text }) => (text === ' }' || text === ')' ? 0 : 1);
  inserts.sort((a, b) => a.at - b.at || isEnd(a) - isEnd(b) || a.rank - b.rank);
  let at = 0;
  const pieces = inserts.map((insert) => {
    const piece = source.slice(at, insert.at) + insert.text;
    at = insert.at;
    return piece;
  });
  return pieces.join('') + source.slice(at);
}

/** `count` of the sites, the same for a seed whatever else there is: each has a rank of its own. */
export function sampleOf(sites, count, seed) {
  const rankOf = ({ key }) => createHash('sha256').update(`${seed} ${key}`).digest('hex');
  const ranked = sites.map((site) => ({ site, rank: rankOf(site) })).sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return ranked.slice(0, count).map(({ site }, index) => ({ ...site, index: index + 1 }));
}
