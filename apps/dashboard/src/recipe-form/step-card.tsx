import type { PassInfo } from '#contracts';
import type { OptionSchema } from '#contracts';
import { groupsOf, type Option } from './option-kind.js';
import { OptionField } from './option-field.js';
import type { FormStep } from './recipe-text.js';

interface StepCardProps {
  step: FormStep;
  /** Place in the recipe, from 0, and how many steps there are. */
  index: number;
  count: number;
  info: PassInfo | undefined;
  onOption: (name: string, value: unknown) => void;
  onMove: (by: number) => void;
  onRemove: () => void;
}

/** One pass of the recipe: its usual options, the others folded away. */
export function StepCard({ step, index, count, info, onOption, onMove, onRemove }: StepCardProps) {
  const { common, more } = groupsOf(step.pass, (info?.options ?? {}) as OptionSchema);
  const place = `${step.pass}, step ${index + 1}`;
  const field = (option: Option) => (
    <OptionField
      key={option.name}
      pass={step.pass}
      option={option}
      value={step.options[option.name]}
      onChange={(value) => onOption(option.name, value)}
    />
  );
  const setInside = more.filter(({ name }) => name in step.options).length;
  return (
    <section className="card step" aria-label={place}>
      <div className="heading">
        <h3>
          {index + 1}. {step.pass}
        </h3>
        <button
          type="button"
          className="quiet"
          disabled={index === 0}
          aria-label={`Move ${place} up`}
          onClick={() => onMove(-1)}
        >
          ↑
        </button>
        <button
          type="button"
          className="quiet"
          disabled={index === count - 1}
          aria-label={`Move ${place} down`}
          onClick={() => onMove(1)}
        >
          ↓
        </button>
        <button type="button" className="quiet" aria-label={`Remove ${place}`} onClick={onRemove}>
          Remove
        </button>
      </div>
      <p className="quiet">{info ? info.summary : 'There is no such pass.'}</p>
      <div className="options">{common.map(field)}</div>
      {more.length > 0 && (
        <details>
          <summary>
            {more.length} more options{setInside > 0 ? `, ${setInside} of them set` : ''}
            <span className="heard"> of {place}</span>
          </summary>
          <div className="options">{more.map(field)}</div>
        </details>
      )}
    </section>
  );
}
