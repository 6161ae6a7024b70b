import { PRESETS } from '../recipes.js';

interface RecipeFieldProps {
  value: string;
  /** The text that a preset took the place of. */
  replaced: string | null;
  onChange: (recipe: string, replaced: string | null) => void;
}

const isPreset = (text: string): boolean => PRESETS.some(({ recipe }) => recipe === text);

/** Begins from a preset; text of one's own that a preset took the place of comes back by a button. */
export function StartFrom({ value, replaced, onChange }: RecipeFieldProps) {
  const chosen = PRESETS.findIndex(({ recipe }) => recipe === value);
  const start = (index: number) => onChange(PRESETS[index]?.recipe ?? value, isPreset(value) ? replaced : value);
  return (
    <div>
      <label>
        Start from a preset
        <select name="example" value={chosen} onChange={(event) => start(Number(event.target.value))}>
          {chosen < 0 && (
            <option value={-1} disabled>
              text of your own
            </option>
          )}
          {PRESETS.map(({ title }, index) => (
            <option key={title} value={index}>
              {title}
            </option>
          ))}
        </select>
      </label>
      {replaced !== null && (
        <p role="status">
          The text as it was before is kept.{' '}
          <button type="button" className="quiet" onClick={() => onChange(replaced, null)}>
            Bring it back
          </button>
        </p>
      )}
    </div>
  );
}

const LEAST_ROWS = 8;

/** The recipe as text. */
export function RecipeText({ value, onChange }: { value: string; onChange: (recipe: string) => void }) {
  return (
    <label>
      The same as text
      <textarea
        name="recipe"
        rows={Math.max(LEAST_ROWS, value.split('\n').length + 1)}
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
