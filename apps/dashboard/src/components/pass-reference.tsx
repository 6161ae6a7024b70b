import { usePasses } from '../api/queries.js';

interface OptionSchema {
  description?: string;
  default?: unknown;
  type?: string;
  enum?: unknown[];
}

/** What may stand in a recipe: every pass with its options, from the JSON Schemas that the API serves. */
export function PassReference() {
  const { data } = usePasses();
  if (!data) return null;
  return (
    <section aria-label="Passes">
      <h2>Passes</h2>
      {data.items.map((pass) => (
        <details key={pass.name}>
          <summary>
            <strong>{pass.name}</strong> <span className="quiet">{pass.summary}</span>
          </summary>
          <dl>
            {Object.entries((pass.options['properties'] ?? {}) as Record<string, OptionSchema>).map(([name, option]) => (
              <div key={name}>
                <dt>
                  <code>{name}</code> <span className="quiet">{option.enum?.join(' | ') ?? option.type ?? ''}</span>
                </dt>
                <dd>
                  {option.description} {option.default !== undefined && <span className="quiet">Default {JSON.stringify(option.default)}.</span>}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      ))}
    </section>
  );
}
