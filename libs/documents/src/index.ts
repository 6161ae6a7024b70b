export { DocumentReader } from './document-reader.js';
export { describeProblem, DocumentError, wholeProblems, type DocumentProblem } from './errors.js';
export { LIMITS, type DocumentLimits } from './limits.js';
export { readJson } from './read-json.js';
export { readDocument } from './read-document.js';
