import { useQuery } from '@tanstack/react-query';
import { openApi, operationsOf, schemaWords, type ShownOperation } from '../api/openapi.js';
import { ProblemNotice } from '../components/problem.js';
import { Scroll } from '../components/scroll.js';
import { SearchField } from '../components/search-field.js';
import type { PageProps } from '../route.js';
import { addressOf, replaceAddress } from '../route.js';
import { useTitle } from '../title.js';

/** Every route of the REST API as its document describes it. */
export function ApiPage({ query }: PageProps) {
  const { data, error, isPending } = useQuery({
    queryKey: ['openapi'],
    queryFn: ({ signal }) => openApi(signal),
    staleTime: Infinity,
  });
  const q = (query.get('q') ?? '').toLowerCase();
  useTitle('REST API');
  const all = data ? operationsOf(data) : [];
  const found = all.filter(({ method, path, summary }) => `${method} ${path} ${summary}`.toLowerCase().includes(q));
  const tags = [...new Set(found.map(({ tag }) => tag))];
  return (
    <>
      <div className="heading">
        <h1>REST API</h1>
        <search className="filters">
          <SearchField
            label="Route"
            value={query.get('q') ?? ''}
            placeholder="path or word"
            onChange={(text) => replaceAddress(addressOf('api', { q: text }))}
          />
        </search>
        <a href="/openapi.json">openapi.json</a>
      </div>
      <p>
        Every route under /v1 wants <code>Authorization: Bearer KEY</code>. Errors are problems (RFC 9457) with a stable
        code.
      </p>
      <ProblemNotice error={error} />
      {isPending && <p className="quiet">Loading…</p>}
      {tags.map((tag) => (
        <section key={tag} aria-label={tag}>
          <h2>{tag}</h2>
          <div className="plain">
            {found
              .filter((operation) => operation.tag === tag)
              .map((operation) => (
                <Route key={`${operation.method} ${operation.path}`} operation={operation} />
              ))}
          </div>
        </section>
      ))}
      {data && q === '' && <Schemas schemas={data.components.schemas} />}
    </>
  );
}

function Route({ operation }: { operation: ShownOperation }) {
  const { method, path, summary, description, parameters, bodies, answers } = operation;
  return (
    <details className="card">
      <summary>
        <code>
          <strong>{method}</strong> {path}
        </code>{' '}
        <span className="quiet">{summary}</span>
      </summary>
      {description && <p>{description}</p>}
      {parameters.length > 0 && (
        <Rows
          label={`Parameters of ${method} ${path}`}
          head={['Parameter', 'In', 'Needed', 'What it is']}
          rows={parameters.map((each) => [each.name, each.in, each.required ? 'yes' : 'no', each.description])}
        />
      )}
      {bodies.map(({ media, schema, example }) => (
        <Body key={media} media={media} schema={schema} example={example} />
      ))}
      <Rows
        label={`Answers of ${method} ${path}`}
        head={['Status', 'As', 'Schema', 'When']}
        rows={answers.map((answer) => [answer.status, answer.media, schemaWords(answer.schema), answer.description])}
      />
    </details>
  );
}

function Body({ media, schema, example }: { media: string; schema: unknown; example: unknown }) {
  return (
    <>
      <p>
        Body: <code>{media}</code> {schemaWords(schema)}
      </p>
      {example !== undefined && <pre tabIndex={0}>{JSON.stringify(example, null, 2)}</pre>}
    </>
  );
}

function Rows({ label, head, rows }: { label: string; head: string[]; rows: string[][] }) {
  return (
    <Scroll isCards label={label}>
      <table>
        <thead>
          <tr>
            {head.map((title) => (
              <th key={title}>{title}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} className={column === row.length - 1 ? 'wide' : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Schemas({ schemas }: { schemas: Record<string, unknown> }) {
  return (
    <section aria-label="Schemas">
      <h2>Schemas</h2>
      <div className="plain">
        {Object.entries(schemas).map(([name, schema]) => (
          <details key={name} className="card">
            <summary>
              <code>{name}</code>
            </summary>
            <pre tabIndex={0}>{JSON.stringify(schema, null, 2)}</pre>
          </details>
        ))}
      </div>
    </section>
  );
}
