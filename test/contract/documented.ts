import { schemaErrors, type Schema, type Schemas } from './schema-errors.js';

export interface DocumentedParameter {
  in: 'path' | 'query' | 'header';
  name: string;
  required?: boolean;
  description?: string;
  schema: Schema;
}

export interface DocumentedOperation {
  operationId: string;
  parameters?: DocumentedParameter[];
  requestBody?: { content: Record<string, { schema: Schema; example?: unknown }> };
  responses: Record<string, { description?: string; content?: Record<string, { schema?: Schema }> }>;
  security?: unknown[];
}

export interface ApiDocument {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Schemas; securitySchemes: Record<string, Record<string, string>> };
}

/** An answer as it came: its text is null where it was not read. */
export interface Given {
  method: string;
  path: string;
  status: number;
  contentType: string | null;
  text: string | null;
}

const documents = new Map<string, Promise<ApiDocument>>();

/** The document of a running server, asked for once. */
export function documentOf(url: string): Promise<ApiDocument> {
  const known =
    documents.get(url) ?? fetch(`${url}/openapi.json`).then(async (response) => (await response.json()) as ApiDocument);
  documents.set(url, known);
  return known;
}

/** What of an answer the document does not say; empty when it says it all, or knows no such address at all. */
export function undocumented(document: ApiDocument, { method, path, status, contentType, text }: Given): string[] {
  const operation = operationAt(document, method, path);
  if (!operation) return [];
  const where = `${operation.operationId} ${status}`;
  const response = operation.responses[status];
  if (!response) return [`${where}: the document has no such status for it`];
  if (method === 'HEAD' || status === 304) return [];
  const type = contentType?.split(';')[0]?.trim() ?? '';
  if (!response.content) return text === null || text === '' ? [] : [`${where}: the document has no content for it`];
  const media = response.content[type];
  if (!media)
    return [
      `${where}: ${type || 'no content type'} where the document has ${Object.keys(response.content).join(', ')}`,
    ];
  if (text === null || !/json/.test(type) || status === 206) return [];
  return schemaErrors(JSON.parse(text), media.schema ?? {}, document.components.schemas).map(
    (error) => `${where}: ${error}`,
  );
}

/** A path of the document's own goes before one with parameters. */
function operationAt(document: ApiDocument, method: string, path: string): DocumentedOperation | undefined {
  const verb = (method === 'HEAD' ? 'GET' : method).toLowerCase();
  const segments = path.split(/[?#]/)[0]!.split('/');
  const fits = (template: string) => {
    const parts = template.split('/');
    return (
      parts.length === segments.length &&
      parts.every((part, i) => part === segments[i] || (part.startsWith('{') && segments[i] !== ''))
    );
  };
  const templates = Object.keys(document.paths)
    .filter(fits)
    .toSorted((a, b) => Number(a.includes('{')) - Number(b.includes('{')));
  return templates.map((template) => document.paths[template]?.[verb]).find(Boolean);
}
