import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { BusyError } from './busy-error.js';
import { toProblem } from './to-problem.js';

/** What was said of an answer that did not come about. */
const OF_THE_ANSWER = ['etag', 'accept-ranges', 'content-disposition', 'content-length', 'location'];
/** After so many seconds a server that restarts is mostly back. */
const RETRY_AFTER_S = '5';

/** Answers every error as application/problem+json; what is our fault goes to the log with its stack. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = toProblem(error);
    if (problem.status >= 500) this.logger.error({ err: error, code: problem.code }, problem.title);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    for (const header of OF_THE_ANSWER) response.removeHeader(header);
    response.setHeader('cache-control', 'no-store');
    // The rest of a refused upload is read and dropped: a connection closed on a client that still writes loses the
    // answer.
    if (!request.complete) request.unpipe().resume();
    if (error instanceof BusyError) response.setHeader('retry-after', error.retryAfterS);
    else if (problem.status === 503) response.setHeader('retry-after', RETRY_AFTER_S);
    if (problem.status === 401) response.setHeader('www-authenticate', 'Bearer realm="coldpress"');
    const body = Buffer.from(JSON.stringify(problem));
    response
      .status(problem.status)
      .setHeader('content-type', 'application/problem+json; charset=utf-8')
      .setHeader('content-length', body.length)
      .end(body);
  }
}
