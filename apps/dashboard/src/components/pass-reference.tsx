import type { OptionSchema } from '#contracts';
import { usePasses } from '../api/queries.js';

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
          <Options schema={pass.options as OptionSchema} />
        </details>
      ))}
    </section>
  );
}

function Options({ schema }: { schema: OptionSchema }) {
  return (
    <dl>
      {Object.entries(schema.properties ?? {}).map(([name, option]) => (
        <div key={name}>
          <dt>
            <code>{name}</code> <span className="quiet">{kindOf(option)}</span>
          </dt>
          <dd>
            {option.description}{' '}
            {option.default !== undefined && !option.properties && (
              <span className="quiet">Default {JSON.stringify(option.default)}.</span>
            )}
            {nested(option).map((inner, index) => (
              <Options key={index} schema={inner} />
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A schema's kind in a few words: "a | b", "number", "number[]". */
function kindOf({ type, const: only, enum: values, anyOf, oneOf, items }: OptionSchema): string {
  const choices = anyOf ?? oneOf;
  if (choices) return choices.map(kindOf).join(' | ');
  if (values) return values.join(' | ');
  if (only !== undefined) return String(only);
  return type === 'array' && items ? `${kindOf(items)}[]` : (type ?? '');
}

/** The objects that an option consists of, may be, or lists. */
function nested(option: OptionSchema): OptionSchema[] {
  if (option.properties) return [option];
  return [...(option.anyOf ?? option.oneOf ?? []), ...(option.items ? [option.items] : [])].flatMap(nested);
}
