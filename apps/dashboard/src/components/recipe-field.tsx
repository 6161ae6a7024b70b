import { EXAMPLE_RECIPES } from '../recipes.js';

interface RecipeFieldProps {
  value: string;
  /** The text that an example took the place of. */
  replaced: string | null;
  onChange: (recipe: string, replaced: string | null) => void;
}

const isExample = (text: string): boolean => EXAMPLE_RECIPES.some(({ recipe }) => recipe === text);

/** Begins from an example; text of one's own that an example took the place of comes back by a button. */
export function StartFrom({ value, replaced, onChange }: RecipeFieldProps) {
  const chosen = EXAMPLE_RECIPES.findIndex(({ recipe }) => recipe === value);
  const start = (index: number) =>
    onChange(EXAMPLE_RECIPES[index]?.recipe ?? value, isExample(value) ? replaced : value);
  return (
    <div>
      <label>
        Start from
        <select name="example" value={chosen} onChange={(event) => start(Number(event.target.value))}>
          {chosen < 0 && (
            <option value={-1} disabled>
              text of your own
            </option>
          )}
          {EXAMPLE_RECIPES.map(({ title }, index) => (
            <option key={title} value={index}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {replaced !== null && (
        <p role="status">
          Your own text was replaced.{' '}
          <button type="button" className="quiet" onClick={() => onChange(replaced, null)}>
            Bring it back
          </button>
        </p>
      )}
    </div>
  );
}

/** The recipe as text. */
export function RecipeText({ value, onChange }: { value: string; onChange: (recipe: string) => void }) {
  return (
    <label>
      The same as text
      <textarea
        name="recipe"
        rows={20}
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
