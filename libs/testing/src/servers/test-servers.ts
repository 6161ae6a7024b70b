import { request } from 'node:http';
import { TestServerError } from './errors.js';

/** The S3 part of a configuration, naming a bucket that nobody else was given. */
export interface TestBucket {
  readonly storeUrl: string;
  readonly s3Endpoint: string;
  readonly s3Region: string;
  readonly s3AccessKeyId: string;
  readonly s3SecretAccessKey: string;
}

/** Variable by which Jest's global set-up tells the test processes where to ask for servers. */
export const SOCKET_VARIABLE = 'COLDPRESS_TEST_SERVERS';

/** URL of a new, empty PostgreSQL database; the server starts with the first one. */
export async function createTestDatabase(): Promise<string> {
  return (await ask('/postgres')) as string;
}

/** URL of an empty Redis database of one's own. */
export async function createTestRedis(): Promise<string> {
  return (await ask('/redis')) as string;
}

/** A bucket of one's own, not made yet, on a real S3 server; the first one takes some seconds. */
export async function createTestBucket(): Promise<TestBucket> {
  const { endpoint, accessKeyId, secretAccessKey, bucket } = (await ask('/s3')) as Record<
    'endpoint' | 'accessKeyId' | 'secretAccessKey' | 'bucket',
    string
  >;
  return {
    storeUrl: `s3://${bucket}/artifacts`,
    s3Endpoint: endpoint,
    s3Region: 'us-east-1',
    s3AccessKeyId: accessKeyId,
    s3SecretAccessKey: secretAccessKey,
  };
}

async function ask(path: string): Promise<unknown> {
  const socketPath = process.env[SOCKET_VARIABLE];
  if (!socketPath)
    throw new TestServerError('no_host', 'servers for tests are started by Jest: run the test with npm test');
  const text = await new Promise<string>((resolve, reject) => {
    // On a connection of its own: one that was kept may be closed by the other side while the question is on its way.
    const asked = request({ socketPath, path, agent: false }, (response) => {
      let body = '';
      response
        .setEncoding('utf8')
        .on('data', (piece: string) => (body += piece))
        .on('end', () => resolve(body))
        .on('error', reject);
    });
    asked.on('error', reject).end();
  });
  const { value, error } = JSON.parse(text) as { value?: unknown; error?: string };
  if (error !== undefined) throw new TestServerError('start_failed', error);
  return value;
}
