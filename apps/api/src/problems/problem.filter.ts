import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { toProblem } from './to-problem.js';

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
    // The rest of a refused upload is read and dropped: a connection closed on a client that still writes loses the answer.
    if (!request.complete) request.unpipe().resume();
    if (problem.status === 401) response.setHeader('www-authenticate', 'Bearer realm="coldpress"');
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }
}
