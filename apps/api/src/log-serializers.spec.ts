import { Writable } from 'node:stream';
import pino from 'pino';
import { LOG_SERIALIZERS } from './log-serializers.js';

it('a key that was put into the address or a header never reaches the log', () => {
  const lines: string[] = [];
  const log = pino(
    { serializers: LOG_SERIALIZERS },
    new Writable({ write: (line: Buffer, _encoding, done) => (lines.push(String(line)), done()) }),
  );
  log.info(
    {
      req: { id: 1, method: 'GET', url: '/v1/jobs?key=cp_secret&x=1', headers: { authorization: 'Bearer cp_secret' } },
      res: { statusCode: 401, headers: { 'x-key': 'cp_secret' } },
    },
    'done',
  );
  expect(lines.join('')).not.toContain('cp_secret');
  expect(JSON.parse(lines[0]!)).toMatchObject({
    req: { id: 1, method: 'GET', path: '/v1/jobs' },
    res: { statusCode: 401 },
  });
});
