import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { errorCode } from '#contracts';
import { problemOf } from './to-problem.js';

/**
 * Answers what is no HTTP before any route sees it, with a problem like all others; Node.js alone would say two words.
 */
export function answerClientErrors(server: Server): void {
  server.on('clientError', (error: Error, socket: Socket) => {
    if (errorCode(error) === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const problem =
      errorCode(error) === 'HPE_HEADER_OVERFLOW'
        ? problemOf('headers_too_large', 'the headers or the address have more than 16 KiB: shorten them')
        : problemOf(
            'invalid_request',
            'this is not a request that HTTP/1.1 knows: look at its first line and its headers',
          );
    const body = JSON.stringify(problem);
    const head = [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      'content-type: application/problem+json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'cache-control: no-store',
      'connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  });
}
