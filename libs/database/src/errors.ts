import { types } from 'node:util';
import { errorCode, type JobState } from '#contracts';

/** Base of every error that libs/database throws on its own account; `code` is stable and may be shown to a client. */
export class DatabaseError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** There is no row under this id. */
export class NotFoundError extends DatabaseError {
  constructor(
    readonly kind: 'model' | 'dataset' | 'job' | 'device' | 'sweep' | 'trial' | 'API key',
    readonly id: string,
  ) {
    super('not_found', `there is no ${kind} ${id}`);
  }
}

/** The job is in a state that does not allow what was asked. */
export class JobStateError extends DatabaseError {
  constructor(
    readonly jobId: string,
    readonly state: JobState,
    wish: string,
    wayOut: string,
  ) {
    super('job_state', `job ${jobId} is ${state} and cannot be ${wish}: ${wayOut}`);
  }
}

/** The sweep, or its trial, is in a state that does not allow what was asked. */
export class SweepStateError extends DatabaseError {
  constructor(
    readonly sweepId: string,
    problem: string,
  ) {
    super('sweep_state', `sweep ${sweepId} ${problem}`);
  }
}

/** Without this key nobody could make another. */
export class LastAdminKeyError extends DatabaseError {
  constructor() {
    super('last_admin_key', 'this is the last API key of an admin: make another one first, then revoke it with that');
  }
}

/** A job or a sweep refers to the model or data set that was to be deleted. */
export class InUseError extends DatabaseError {
  constructor(
    readonly kind: 'model' | 'dataset',
    readonly id: string,
    options?: ErrorOptions,
  ) {
    super('in_use', `${kind} ${id} is used by a job or a sweep: delete these first`, options);
  }
}

/** A cursor that no list has returned. */
export class InvalidCursorError extends DatabaseError {
  constructor() {
    super(
      'invalid_cursor',
      'the cursor is not one that this list has returned: leave it out to start from the beginning',
    );
  }
}

/** The same Idempotency-Key came with another request. */
export class IdempotencyConflictError extends DatabaseError {
  constructor(readonly key: string) {
    super('idempotency_conflict', `the Idempotency-Key "${key}" was used for a different request: choose a new one`);
  }
}

/** The key was taken over while its request was being answered, because its renewals did not come through. */
export class IdempotencyLostError extends DatabaseError {
  constructor(readonly key: string) {
    super(
      'idempotency_pending',
      `another request with the Idempotency-Key "${key}" took over while this one was held up: ask again in a moment`,
    );
  }
}

/** A code by which no device may enrol. */
export class EnrolmentCodeError extends DatabaseError {
  constructor() {
    super(
      'enrolment_code',
      'the code is unknown, used or older than ten minutes: make another with `coldpress devices add`, or POST /v1/devices/codes',
    );
  }
}

/** There is a device of this name. */
export class DeviceNameTakenError extends DatabaseError {
  constructor(name: string, cause: unknown) {
    super(
      'device_name_taken',
      `there is a device "${name}" already: make a code for another name, or remove that one with \`coldpress devices rm ${name}\``,
      { cause },
    );
  }
}

/** The lease is not the device's any more: it expired, was given to another, or its benchmark was cancelled. */
export class LeaseLostError extends DatabaseError {
  constructor(readonly leaseId: string) {
    super(
      'lease_lost',
      `the lease ${leaseId} is lost: it expired without a heartbeat, or its benchmark was cancelled; nothing is taken of it, ask for another`,
    );
  }
}

/** The device was not heard of any more, was started anew or was removed, in the middle of a benchmark. */
export class BenchmarkLostError extends DatabaseError {
  constructor(why: string) {
    super('benchmark_lost', `the device was lost in the middle of it: ${why}`);
  }
}

/** No device has taken a benchmark within its time; the code tells what it waited for. */
export class LateBenchmarkError extends DatabaseError {
  constructor(code: `benchmark_${string}`, message: string) {
    super(code, message);
  }
}

/** A device said again and again that it measures, and got nowhere. */
export class BenchmarkStalledError extends DatabaseError {
  constructor(stallMs: number) {
    const minutes = Number((stallMs / 60_000).toPrecision(2));
    super(
      'benchmark_stalled',
      `the device got no further within ${minutes} min, although it said that it measures: look at its agent`,
    );
  }
}

/** Another start of an agent speaks for the device. */
export class DeviceReplacedError extends DatabaseError {
  constructor(name: string) {
    super(
      'device_replaced',
      `another agent has said hello as ${name} since: end this one, or enrol it under a name of its own`,
    );
  }
}

/** The server could not be reached or prepared. */
export class DatabaseUnavailableError extends DatabaseError {
  constructor(what: string, cause: unknown) {
    super('database_unavailable', `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const writtenBy = (version: string | null): string => (version === null ? 'another version' : `version ${version}`);

/** A newer version has changed the tables. */
export class DatabaseNewerError extends DatabaseError {
  constructor(writer: string | null, newest: Date, own: string) {
    const what = `the database was written by ${writtenBy(writer)} of Coldpress, which is newer than this one, ${own}: its tables are those of ${newest.toISOString()}`;
    super('database_newer', `${what}; start that version or a newer one, or restore a backup from before it`);
  }
}

/** A table or column that this code reads is not there. */
export class DatabaseShapeError extends DatabaseError {
  constructor(missing: readonly string[], writer: string | null, own: string) {
    const some = missing.slice(0, 5).join(', ');
    const more = missing.length > 5 ? ` and ${missing.length - 5} more` : '';
    const what = `the database lacks ${some}${more}, which Coldpress ${own} reads`;
    super(
      'database_shape',
      `${what}: it was written by ${writtenBy(writer)} and changed since; start the version that changed it, or restore a backup`,
    );
  }
}

/** Node's and PostgreSQL's codes of a server that is gone, going, coming, too slow or full, its disk included. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  '57P01',
  '57P02',
  '57P03',
  '57014',
  '53100',
  '53300',
  '08006',
]);
const LOST_CONNECTION =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|not queryable/i;

/** Whether a query failed because the server does not answer: the same query may succeed later. */
export function isUnreachable(error: unknown): boolean {
  for (let cause = error; types.isNativeError(cause); cause = cause.cause) {
    if (cause instanceof DatabaseUnavailableError || LOST_CONNECTION.test(cause.message)) return true;
    if (UNREACHABLE.has(errorCode(cause) ?? '')) return true;
  }
  return false;
}

const POSTGRES_FOREIGN_KEY_VIOLATION = '23503';
const POSTGRES_UNIQUE_VIOLATION = '23505';

/** Whether a row of the same name is there already. */
export const isUniqueViolation = (error: unknown): boolean => postgresCode(error) === POSTGRES_UNIQUE_VIOLATION;

/** The PostgreSQL error code of an error from Drizzle, which wraps the driver's. */
export function postgresCode(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return errorCode(cause);
}

/** Whether a row is referred to, or refers to none; with a table, to none of that table. */
export function isForeignKeyViolation(error: unknown, table?: string): boolean {
  if (postgresCode(error) !== POSTGRES_FOREIGN_KEY_VIOLATION) return false;
  const { cause } = error as Error;
  if (table === undefined) return true;
  const constraint = cause !== null && typeof cause === 'object' && 'constraint' in cause ? cause.constraint : '';
  return String(constraint).includes(`_${table}_`);
}
