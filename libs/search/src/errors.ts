/** Base of what libs/search throws. */
export class SearchError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** A space that cannot be searched: which parameter, and what to do about it. */
export class SpaceError extends SearchError {
  constructor(
    readonly parameter: string,
    problem: string,
  ) {
    super('invalid_space', `parameter "${parameter}": ${problem}`);
  }
}

/** A trial was told that the study does not know, or twice, or with figures that do not fit its objectives. */
export class TrialError extends SearchError {
  constructor(
    readonly trial: number,
    problem: string,
  ) {
    super('invalid_trial', `trial ${trial}: ${problem}`);
  }
}
