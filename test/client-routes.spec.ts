import { ROUTES } from '#client';
import { ApiHarness } from './api-harness.js';
import { documentOf, type ApiDocument } from './contract/documented.js';

/** A route of the client's table, whatever its literal type. */
interface AnyRoute {
  method: string;
  path: string;
  query?: { shape: object };
  body?: { kind: string; media?: string };
  answer: { kind: string; media?: string; schema?: { meta(): { id?: string } | undefined } };
}

/** Routes that a client of the API does not need: the document itself and the pages have no entry in it either. */
const LEFT_OUT = ['GET /health', 'GET /ready'];

describe('the table of the client', () => {
  let api: ApiHarness;
  let document: ApiDocument;
  const routes = Object.values(ROUTES) as AnyRoute[];
  const titleOf = ({ method, path }: AnyRoute) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`;
  const operationOf = ({ method, path }: AnyRoute) =>
    document.paths[path.replace(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];

  beforeAll(async () => {
    api = await ApiHarness.start();
    document = await documentOf(api.url);
  }, 120_000);
  afterAll(() => api?.stop());

  it('has every route of the API, and no other', () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const known = [...new Set(routes.map(titleOf))];
    expect(known.toSorted()).toEqual(documented.filter((title) => !LEFT_OUT.includes(title)).toSorted());
  });

  it('takes the parameters that the API heeds', () => {
    for (const route of routes) {
      const heeded = (operationOf(route)?.parameters ?? []).flatMap(({ in: place, name }) =>
        place === 'query' ? [name] : [],
      );
      // An address has several calls where its body has several forms; the name of an upload is in one of them.
      if (route.body?.kind === 'json') continue;
      expect({ route: titleOf(route), query: Object.keys(route.query?.shape ?? {}).toSorted() }).toEqual({
        route: titleOf(route),
        query: heeded.toSorted(),
      });
    }
  });

  it('reads answers by the schemas that the API documents, and sends bodies in a form that it takes', () => {
    for (const route of routes) {
      const operation = operationOf(route);
      const success = Object.entries(operation?.responses ?? {}).filter(([status]) => status.startsWith('2'));
      const media = success.flatMap(([, { content = {} }]) => Object.keys(content));
      const wanted = { json: 'application/json', events: 'text/event-stream' }[route.answer.kind] ?? route.answer.media;
      if (wanted)
        expect({ route: titleOf(route), media }).toEqual({
          route: titleOf(route),
          media: expect.arrayContaining([wanted]) as unknown,
        });
      const id = route.answer.kind === 'json' ? route.answer.schema?.meta()?.id : undefined;
      if (id)
        expect({ route: titleOf(route), schemas: JSON.stringify(success) }).toEqual({
          route: titleOf(route),
          schemas: expect.stringContaining(`#/components/schemas/${id}"`) as unknown,
        });
      const taken = Object.keys(operation?.requestBody?.content ?? {});
      const sent =
        { json: 'application/json', form: 'multipart/form-data' }[route.body?.kind ?? ''] ?? route.body?.media;
      if (sent)
        expect({ route: titleOf(route), taken }).toEqual({
          route: titleOf(route),
          taken: expect.arrayContaining([sent]) as unknown,
        });
    }
  });
});
