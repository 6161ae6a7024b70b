import { UnreachableError } from '#client';

/** What is shown of the OpenAPI document. */
export interface ShownOperation {
  method: string;
  path: string;
  tag: string;
  summary: string;
  description: string;
  parameters: { name: string; in: string; required: boolean; description: string }[];
  bodies: { media: string; schema: unknown; example: unknown }[];
  answers: { status: string; media: string; schema: unknown; description: string }[];
}

interface Content {
  [media: string]: { schema?: unknown; example?: unknown };
}

interface RawOperation {
  tags?: string[];
  summary?: string;
  description?: string;
  parameters?: { name: string; in: string; required?: boolean; description?: string }[];
  requestBody?: { content?: Content };
  responses?: Record<string, { description?: string; content?: Content }>;
}

export interface OpenApi {
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Record<string, unknown> };
}

/** The document, which is open to all. Throws UnreachableError. */
export async function openApi(signal: AbortSignal): Promise<OpenApi> {
  const response = await fetch('/openapi.json', { signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new UnreachableError('', cause);
  });
  if (!response.ok) throw new Error(`the server answered ${response.status} to /openapi.json`);
  return (await response.json()) as OpenApi;
}

/** Every operation, in the order of the document. */
export function operationsOf({ paths }: OpenApi): ShownOperation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => operationOf(method, path, raw)),
  );
}

function operationOf(method: string, path: string, raw: RawOperation): ShownOperation {
  const { tags = [], summary = '', description = '', parameters = [], requestBody, responses = {} } = raw;
  return {
    method: method.toUpperCase(),
    path,
    tag: tags[0] ?? 'others',
    summary,
    description,
    parameters: parameters.map((each) => ({ description: '', required: false, ...each })),
    bodies: contents(requestBody?.content).map(({ media, schema, example }) => ({ media, schema, example })),
    answers: Object.entries(responses).flatMap(([status, answer]) => {
      const words = { status, description: answer.description ?? '' };
      const forms = contents(answer.content);
      return forms.length === 0
        ? [{ ...words, media: '', schema: undefined }]
        : forms.map(({ media, schema }) => ({ ...words, media, schema }));
    }),
  };
}

const contents = (content: Content = {}) => Object.entries(content).map(([media, each]) => ({ media, ...each }));

const NAME = '#/components/schemas/';

/** A schema in a line: the name of one that is described below, or its type. */
export function schemaWords(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return '';
  const { $ref, type, anyOf, items } = schema as { $ref?: string; type?: string; anyOf?: unknown[]; items?: unknown };
  if ($ref) return $ref.replace(NAME, '');
  if (anyOf) return [...new Set(anyOf.map(schemaWords))].join(' or ');
  return type === 'array' ? `list of ${schemaWords(items)}` : (type ?? '');
}
