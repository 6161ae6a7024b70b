/** One thing wrong with a document: where, if it is known, and what to do about it. */
export interface DocumentProblem {
  /** From 1. */
  line?: number;
  message: string;
}

/** The text is not a document that can be read; every problem found is listed. */
export class DocumentError extends Error {
  readonly code = 'invalid_document';

  constructor(
    readonly problems: readonly DocumentProblem[],
    options?: ErrorOptions,
  ) {
    super(problems.map(describeProblem).join('; '), options);
    this.name = new.target.name;
  }
}

/** Each problem as one of the whole document, its line in the message: lines are no fields. */
export const wholeProblems = ({ problems }: DocumentError, field = ''): { field: string; message: string }[] =>
  problems.map((problem) => ({ field, message: describeProblem(problem) }));

/** `line 3: …` */
export function describeProblem({ line, message }: DocumentProblem): string {
  return line === undefined ? message : `line ${line}: ${message}`;
}

/** The one problem of a document. */
export function documentError(message: string, line?: number): DocumentError {
  return new DocumentError([line === undefined ? { message } : { line, message }]);
}
