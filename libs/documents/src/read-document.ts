import { Lexer, LineCounter, parseDocument } from 'yaml';
import { Budget, checkLength } from './budget.js';
import { DocumentError, documentError } from './errors.js';
import { readJson } from './read-json.js';
import { LIMITS, type DocumentLimits } from './limits.js';
import { yamlProblem } from './yaml-words.js';
import { YamlValues } from './yaml-value.js';

/** Tokens of a value at most, with its key, white space and a comment. */
const TOKENS_PER_VALUE = 12;
/** Of a text that is no YAML at all every line may be wrong. */
const MAX_PROBLEMS = 5;

/** Reads YAML 1.2 or JSON text as plain values, in time that is linear in its length. Throws DocumentError. */
export function readDocument(text: string, limits: DocumentLimits = LIMITS.recipe): unknown {
  checkLength(text, limits);
  if (CONTROL.test(text)) throw documentError('this is no text but bytes of another kind: give YAML or JSON');
  return looksLikeJson(text) ? readJson(text, limits) : readYaml(text, limits);
}

/** Control characters that YAML does not know: a file that holds them is no text. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

const looksLikeJson = (text: string): boolean => /^\s*[[{"]/.test(text) && isJson(text);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function readYaml(text: string, limits: DocumentLimits): unknown {
  checkTokens(text, limits);
  const lines = new LineCounter();
  // Keys are compared by us: the parser compares each with each.
  const document = parseDocument(text, {
    uniqueKeys: false,
    lineCounter: lines,
    logLevel: 'error',
    version: '1.2',
    schema: 'core',
    merge: false,
  });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) throw new DocumentError(problems.slice(0, MAX_PROBLEMS).map(yamlProblem));
  return new YamlValues(new Budget(limits), lines).of(document.contents);
}

/** The parser goes down one call for each level, and keeps an object for each token. */
function checkTokens(text: string, limits: DocumentLimits): void {
  let tokens = 0;
  for (const _ of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > TOKENS_PER_VALUE * limits.values)
      throw documentError(`it holds more than ${limits.values} values: make it shorter`);
  }
}
