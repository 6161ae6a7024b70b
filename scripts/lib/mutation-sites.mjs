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

/** Each way of changing one place of a source: `start` and `end` in characters, `text` what stands there in the mutant. */
export function mutationSites(path, source) {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const sites = [];
  const add = (node, text) => sites.push({ path, start: node.getStart(file), end: node.getEnd(), text });
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    mutate(node, add, file);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return sites.map((site) => ({ ...site, line: file.getLineAndCharacterOfPosition(site.start).line + 1 }));
}

function mutate(node, add, file) {
  if (ts.isBinaryExpression(node)) {
    const other = OPERATORS.get(node.operatorToken.kind);
    if (other !== undefined) add(node.operatorToken, other);
    if (node.operatorToken.kind === SyntaxKind.QuestionQuestionToken) add(node, node.right.getText(file));
  } else if (ts.isPrefixUnaryExpression(node)) {
    if ([SyntaxKind.ExclamationToken, SyntaxKind.MinusToken].includes(node.operator))
      add(node, `(${node.operand.getText(file)})`);
  } else if (ts.isNumericLiteral(node))
    add(node, node.text === '0' ? '1' : node.text === '1' ? '0' : `(${node.text} + 1)`);
  else if (node.kind === SyntaxKind.TrueKeyword) add(node, 'false');
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
    if (other !== undefined) add(node.name, other);
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
