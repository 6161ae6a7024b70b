import { seededRandom, type Random } from '#numbers';
import { ApiHarness, npz, PRUNE, type Call } from './api-harness.js';
import { documentOf, type ApiDocument, type DocumentedOperation } from './contract/documented.js';
import { oddText, pickOne, spoiled, valueOf, wellFormed } from './contract/generate.js';
import { schemaErrors } from './contract/schema-errors.js';

/** More by hand: COLDPRESS_FUZZ_REQUESTS=20000 npx jest test/api-contract */
const REQUESTS = Number(process.env['COLDPRESS_FUZZ_REQUESTS'] ?? 250);
const SEED = Number(process.env['COLDPRESS_FUZZ_SEED'] ?? 1);
/** Each starts a process, which takes its time. */
const FILE_REQUESTS = Math.ceil(REQUESTS / 40);

describe('the OpenAPI document', () => {
  let api: ApiHarness;
  let document: ApiDocument;
  let operations: { method: string; path: string; operation: DocumentedOperation }[];

  beforeAll(async () => {
    api = await ApiHarness.start({ requestsPerMinute: 10_000_000, maxUploadBytes: 1024 ** 2 });
    document = await documentOf(api.url);
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
    );
  }, 120_000);
  afterAll(() => api?.stop());

  it('describes every parameter, and has an example of every JSON body that fits its schema', () => {
    const nameless = operations.flatMap(({ path, operation }) =>
      (operation.parameters ?? []).filter(({ description }) => !description).map(({ name }) => `${path} ${name}`),
    );
    expect(nameless).toEqual([]);
    for (const { path, operation } of operations) {
      const json = operation.requestBody?.content['application/json'];
      if (json)
        expect({ path, errors: schemaErrors(json.example, json.schema, document.components.schemas) }).toEqual({
          path,
          errors: [],
        });
    }
  });

  it('has a success of every operation, and problems under their own type alone', () => {
    for (const { path, operation } of operations) {
      expect({ path, statuses: Object.keys(operation.responses) }).toEqual({
        path,
        statuses: expect.arrayContaining([expect.stringMatching(/^20[014]$/), '400']) as unknown,
      });
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        if (Number(status) >= 400 && path !== '/ready')
          expect({ path, status, types: Object.keys(content) }).toEqual({
            path,
            status,
            types: ['application/problem+json'],
          });
      }
    }
  });

  it('asks for a key that is no JWT', () => {
    expect(document.components.securitySchemes['bearer']).toEqual({
      type: 'http',
      scheme: 'bearer',
      description: expect.any(String) as unknown,
    });
    expect(operations.filter(({ operation }) => !operation.security).map(({ path }) => path)).toEqual([
      '/v1/agent/enrol',
      '/health',
      '/ready',
    ]);
  });

  it(`describes every answer to ${REQUESTS} requests made of its schemas, and none is a fault of the server`, async () => {
    const random = seededRandom(SEED);
    const pool = await things();
    let files = 0;
    for (let i = 0; i < REQUESTS; i++) {
      const { method, path, operation } = pickOne(random, operations);
      const type = pickOne(random, Object.keys(operation.requestBody?.content ?? { none: 1 }));
      const isFile = type !== 'none' && type !== 'application/json';
      if (isFile && (files += 1) > FILE_REQUESTS) continue;
      const address = addressOf(path, operation, pool, random);
      const call = callOf(type, operation, pool, random);
      const told = `seed ${SEED}, request ${i}: ${method} ${address} ${JSON.stringify(call).slice(0, 500)}`;
      // Every answer is held against the document where it is received.
      const status = await answered(method, address, call).catch((error: Error) => `${told}: ${error.message}`);
      if (typeof status === 'string' || status >= 500)
        expect({ told, status }).toEqual({ told, status: 'an answer that the document describes, below 500' });
    }
  });

  const answered = async (method: string, path: string, call: Call): Promise<number> => {
    if (!path.includes('/events')) return (await api.call(method, path, call)).status;
    const response = await api.open(method, path, call);
    await response.body?.cancel();
    return response.status;
  };

  interface Pool {
    ids: string[];
    cursors: string[];
  }

  /** What is there to be named: most of what is made up names nothing. */
  async function things(): Promise<Pool> {
    const job = await api.job();
    await api.call('POST', `/v1/jobs/${job.id}/cancel`);
    const dataset = await api.dataset();
    await api.model();
    const { nextCursor } = (await api.call<{ nextCursor: string | null }>('GET', '/v1/jobs?limit=1')).body;
    return { ids: [job.id, job.modelId, dataset.id], cursors: nextCursor === null ? [] : [nextCursor] };
  }

  function addressOf(
    path: string,
    { parameters = [] }: DocumentedOperation,
    { ids, cursors }: Pool,
    random: Random,
  ): string {
    const text = (schema: Parameters<typeof valueOf>[0], name: string): string => {
      if (random() < 0.3) return oddText(random);
      if (name === 'cursor' && cursors.length > 0 && random() < 0.5) return pickOne(random, cursors);
      return random() < 0.4 ? pickOne(random, ids) : String(valueOf(schema, document.components.schemas, random));
    };
    const encoded = (value: string) => encodeURIComponent(wellFormed(value));
    const filled = path.replaceAll(
      /\{(\w+)\}/g,
      (_, name: string) =>
        encoded(text(parameters.find((parameter) => parameter.name === name)?.schema ?? {}, name)) || 'x',
    );
    const query = parameters
      .filter((parameter) => parameter.in === 'query' && random() < 0.4)
      .map(({ name, schema }) => `${name}=${encoded(text(schema, name))}`);
    if (random() < 0.05) query.push(`${encoded(oddText(random))}=1`);
    return query.length > 0 ? `${filled}?${query.join('&')}` : filled;
  }

  function callOf(
    type: string,
    { parameters = [], requestBody }: DocumentedOperation,
    { ids }: Pool,
    random: Random,
  ): Call {
    const headers = Object.fromEntries(
      parameters
        .filter((parameter) => parameter.in === 'header' && random() < 0.3)
        .map(({ name, schema }) => [
          name.toLowerCase(),
          String(valueOf(schema, document.components.schemas, random))
            .replaceAll(/[^\x20-\x7e]/g, '?')
            .trim(),
        ]),
    );
    const key = random() < 0.05 ? { key: null } : {};
    switch (type) {
      case 'none':
        return { headers, ...key };
      case 'application/json':
        return { ...jsonCall(requestBody!.content[type]!.schema, ids, headers, random), ...key };
      case 'multipart/form-data': {
        const form = new FormData();
        form.append(
          'manifest',
          random() < 0.5
            ? wellFormed(oddText(random))
            : JSON.stringify(
                spoiled(
                  valueOf({ $ref: '#/components/schemas/DatasetManifest' }, document.components.schemas, random),
                  random,
                ),
              ),
        );
        form.append('file', new Blob([npz()]), random() < 0.5 ? 'data.npz' : wellFormed(oddText(random)));
        return { body: form, headers, ...key };
      }
      default:
        return {
          body: Uint8Array.from({ length: Math.floor(random() * 200) }, () => Math.floor(random() * 256)),
          headers: { ...headers, 'content-type': type },
          ...key,
        };
    }
  }

  function jsonCall(
    schema: Parameters<typeof valueOf>[0],
    ids: readonly string[],
    headers: Record<string, string>,
    random: Random,
  ): Call {
    const valid = valueOf(schema, document.components.schemas, random);
    const named =
      typeof valid === 'object' && valid !== null && 'recipe' in valid && random() < 0.5
        ? { ...valid, model: pickOne(random, ids), dataset: null, recipe: random() < 0.1 ? PRUNE : valid.recipe }
        : valid;
    const value = random() < 0.6 ? spoiled(named, random) : named;
    if (random() < 0.1)
      return { body: wellFormed(oddText(random)), headers: { ...headers, 'content-type': 'application/json' } };
    return { json: value, headers };
  }
});
