import { DatabaseUnavailableError } from '#database';
import { DeadlineError, ReportedError } from '#process';
import { ObjectNotFoundError, StoreFullError, StoreUnavailableError } from '#storage';
import { CancelledError, judge } from './failures.js';

const withCode = (code: string, message = 'words') => Object.assign(new Error(message), { code });
const query = (cause: Error) =>
  Object.assign(new Error('Failed query: select', { cause }), { name: 'DrizzleQueryError' });

/** What comes back is tried again, what the model, the data or the recipe caused is not. */
describe('a failure of a stage', () => {
  it.each<[string, unknown, string, { permanent: boolean; outage: boolean }]>([
    ['a refusal of a library', new ReportedError('graph', 'words', true), 'graph', { permanent: true, outage: false }],
    [
      'a process that was lost',
      new ReportedError('process_lost', '', false),
      'process_lost',
      { permanent: false, outage: false },
    ],
    ['a deadline', new DeadlineError(1000), 'deadline', { permanent: true, outage: false }],
    ['a cancellation', new CancelledError(), 'cancelled', { permanent: true, outage: false }],
    [
      'a file that is not there',
      new ObjectNotFoundError('x'),
      'artifact_not_found',
      { permanent: true, outage: false },
    ],
    ['a full store', new StoreFullError('x'), 'store_full', { permanent: false, outage: false }],
    [
      'a store that does not answer',
      new StoreUnavailableError('x', withCode('ECONNREFUSED')),
      'store_unavailable',
      { permanent: false, outage: true },
    ],
    [
      'a database that does not answer',
      new DatabaseUnavailableError('x', 'no answer'),
      'database_unavailable',
      { permanent: false, outage: true },
    ],
    ['a query that fails', query(withCode('40001')), 'temporary', { permanent: false, outage: false }],
    ['an error of the system', withCode('EMFILE'), 'temporary', { permanent: false, outage: false }],
    ['an error with a code of its own', withCode('invalid_model'), 'invalid_model', { permanent: true, outage: false }],
    ['a bug', new TypeError('words'), 'internal', { permanent: true, outage: false }],
    ['what is no error', 'words', 'internal', { permanent: true, outage: false }],
  ])('%s is told apart', (_what, error, code, expected) => {
    expect(judge(error)).toMatchObject({ failure: { code }, ...expected });
  });

  it('says what the database said, not the query', () => {
    expect(judge(query(new Error('deadlock detected'))).failure.message).toBe('deadlock detected');
  });
});
