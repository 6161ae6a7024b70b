export { all, firstOf } from './all.js';
export { createClient, type Client } from './client.js';
export { ClientError, ProblemError, StreamBrokenError, UnexpectedAnswerError, UnreachableError } from './errors.js';
export { newId } from './new-id.js';
export { isPassing, patiently, pauseBefore, type CallPatience, type Patience } from './patience.js';
export type { CallOptions, Connection } from './request.js';
export { ROUTES, type RouteName } from './routes/index.js';
export type { Watched, WatchOptions } from './watch.js';
