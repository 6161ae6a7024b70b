/**
 * What a parameter is, for the document; routes that share a name share its meaning, unless their path says otherwise.
 */
interface ParameterWords {
  in: 'path' | 'query' | 'header';
  name: string;
  /** Start of the paths that it is for. */
  path?: string;
  description: string;
  example?: unknown;
}

const DIGEST = '3f2a9c0e5b7d1846f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345678abcdef';

const PARAMETERS: readonly ParameterWords[] = [
  {
    in: 'path',
    name: 'id',
    path: '/v1/models',
    description: 'The model: SHA-256 of its bytes, as lists and uploads tell it.',
    example: DIGEST,
  },
  {
    in: 'path',
    name: 'id',
    path: '/v1/datasets',
    description: 'The data set: SHA-256 of its document, as lists and uploads tell it.',
    example: DIGEST,
  },
  {
    in: 'path',
    name: 'id',
    path: '/v1/jobs',
    description: 'The job, as its submission and lists tell it.',
    example: '123e4567-e89b-42d3-a456-426614174000',
  },
  {
    in: 'path',
    name: 'id',
    path: '/v1/sweeps',
    description: 'The sweep, as its launch and lists tell it.',
    example: '123e4567-e89b-42d3-a456-426614174000',
  },
  { in: 'path', name: 'number', path: '/v1/sweeps', description: 'The trial, counted from 0.', example: 3 },
  {
    in: 'path',
    name: 'id',
    path: '/v1/devices',
    description: 'The device, as lists tell it.',
    example: '123e4567-e89b-42d3-a456-426614174000',
  },
  {
    in: 'path',
    name: 'id',
    path: '/v1/keys',
    description: 'The API key, as the list of keys tells it.',
    example: '123e4567-e89b-42d3-a456-426614174000',
  },
  {
    in: 'path',
    name: 'id',
    path: '/v1/agent',
    description: 'The lease, as the answer to a poll tells it.',
    example: '123e4567-e89b-42d3-a456-426614174000',
  },
  {
    in: 'query',
    name: 'fence',
    path: '/v1/agent',
    description: 'The fencing number of the lease.',
    example: 1,
  },
  {
    in: 'path',
    name: 'digest',
    path: '/v1/agent',
    description: 'SHA-256 of a model that the lease names.',
    example: DIGEST,
  },
  {
    in: 'path',
    name: 'digest',
    description: 'SHA-256 of the file, as `artifacts` of a stage tell it.',
    example: DIGEST,
  },
  {
    in: 'path',
    name: 'name',
    path: '/v1/passes',
    description: 'Name of the pass, such as `quantize`.',
    example: 'quantize',
  },
  {
    in: 'query',
    name: 'cursor',
    description: 'Where to go on: `nextCursor` of the page before. Left out, the list starts with the newest.',
  },
  { in: 'query', name: 'limit', description: 'Entries of a page at most.', example: 50 },
  {
    in: 'query',
    name: 'name',
    path: '/v1/models',
    description: 'Name of the model: of those to list, exactly, or of the one that is uploaded.',
    example: 'seed-net',
  },
  {
    in: 'query',
    name: 'name',
    path: '/v1/datasets/preview',
    description: 'Name of a data set that is guessed.',
    example: 'mnist',
  },
  {
    in: 'query',
    name: 'name',
    path: '/v1/datasets',
    description: 'Only data sets of exactly this name.',
    example: 'mnist',
  },
  {
    in: 'query',
    name: 'name',
    path: '/v1/jobs',
    description: 'Only jobs of exactly this name.',
    example: 'seed-net to a tenth',
  },
  {
    in: 'query',
    name: 'state',
    path: '/v1/sweeps/{id}/trials',
    description: 'Only trials in this state.',
    example: 'complete',
  },
  { in: 'query', name: 'state', path: '/v1/sweeps', description: 'Only sweeps in this state.', example: 'running' },
  { in: 'query', name: 'state', description: 'Only jobs in this state.', example: 'running' },
  {
    in: 'query',
    name: 'model',
    path: '/v1/datasets',
    description: 'The model that the data is for.',
    example: DIGEST,
  },
  { in: 'query', name: 'samples', path: '/v1/datasets', description: 'How many samples are shown.', example: 3 },
  {
    in: 'query',
    name: 'split',
    path: '/v1/datasets',
    description: 'Of which split samples are shown; else of test, where there is one.',
    example: 'train',
  },
  {
    in: 'query',
    name: 'from',
    path: '/v1/datasets',
    description: 'How many samples before those that are shown are left out.',
    example: 24,
  },
  {
    in: 'query',
    name: 'model',
    path: '/v1/devices',
    description: 'Only what was measured for jobs on this model.',
    example: DIGEST,
  },
  { in: 'query', name: 'model', description: 'Only jobs on this model.', example: DIGEST },
  {
    in: 'header',
    name: 'Idempotency-Key',
    description:
      'Chosen by the client, 1 to 255 characters: the same key with the same body gets the first answer and makes nothing.',
    example: '7f3a',
  },
  {
    in: 'header',
    name: 'Last-Event-ID',
    description:
      'Id of the last event that the client has seen, at most that of the newest event there is: the stream goes on after it.',
    example: '17',
  },
  {
    in: 'header',
    name: 'If-None-Match',
    description: 'The ETag of a copy that the client has: 304 when it is still right.',
  },
  { in: 'header', name: 'If-Match', description: 'The ETag that the file must have: 412 when it has another.' },
  {
    in: 'header',
    name: 'If-Range',
    description: 'The ETag of the copy that a range is to complete: the whole file comes when it has another.',
  },
  {
    in: 'header',
    name: 'Range',
    description: 'One range of bytes; several, and other units, get the whole file.',
    example: 'bytes=0-1023',
  },
  {
    in: 'header',
    name: 'Content-Digest',
    description: 'SHA-256 of the body (RFC 9530), which is checked.',
    example: 'sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:',
  },
];

/** Throws nothing for a parameter without words: the test of the document does. */
export function wordsFor(path: string, parameter: { in: string; name: string }): ParameterWords | undefined {
  const named = PARAMETERS.filter((words) => words.in === parameter.in && words.name === parameter.name);
  return named.find((words) => path.startsWith(words.path ?? ''));
}
