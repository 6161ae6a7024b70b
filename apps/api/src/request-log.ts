import { randomUUID } from 'node:crypto';
import type { LogOptions } from '#infrastructure';
import { LOG_SERIALIZERS } from './log-serializers.js';

/** How requests are told in the log: each has an id, which its answer carries too; probes are not told. */
export const REQUEST_LOG: LogOptions = {
  genReqId: (_request, response) => {
    const id = randomUUID();
    response.setHeader('x-request-id', id);
    return id;
  },
  serializers: LOG_SERIALIZERS,
  autoLogging: { ignore: ({ url }) => url === '/health' || url === '/ready' },
};
