import { asMetric } from '#contracts';
import { BoundsField, MetricChoice, NumberInput } from './bounds-field.js';
import { withObjectives, withValue, type RecipeView } from './recipe-text.js';
import { WarmStartField, type SearchedOn } from './warm-start-field.js';

const MOST_OBJECTIVES = 3;

/** What a sweep is for, what its trials must hold, how long it may search, and what it begins with. */
export function SweepFields({
  text,
  view: { objectives, gates, limits, warmStart },
  subject,
  onChange,
}: {
  text: string;
  view: RecipeView;
  subject: SearchedOn;
  onChange: (text: string) => void;
}) {
  const setObjectives = (metrics: string[]) => onChange(withObjectives(text, metrics));
  return (
    <>
      <fieldset>
        <legend>Objectives</legend>
        {objectives.map((metric, index) => (
          <div key={index} className="bound">
            {asMetric(metric) === undefined ? (
              <span>{metric}</span>
            ) : (
              <MetricChoice
                label={`Objective ${index + 1}`}
                value={metric}
                onChange={(next) => setObjectives(objectives.map((each, at) => (at === index ? next : each)))}
              />
            )}
            {objectives.length > 1 && (
              <button
                type="button"
                className="quiet"
                aria-label={`Remove objective ${index + 1}`}
                onClick={() => setObjectives(objectives.filter((_, at) => at !== index))}
              >
                Remove
              </button>
            )}
          </div>
        ))}
        {objectives.length < MOST_OBJECTIVES && (
          <button type="button" className="quiet" onClick={() => setObjectives([...objectives, 'top1'])}>
            Add an objective
          </button>
        )}
      </fieldset>
      <BoundsField list="constraints" text={text} bounds={gates} onChange={onChange} />
      <fieldset>
        <legend>Limits</legend>
        <div className="bound">
          {(['trials', 'minutes', 'parallel'] as const).map((name) => (
            <label key={name}>
              {name}{' '}
              <NumberInput
                label={`Limit of ${name}`}
                value={limits[name]}
                placeholder={name === 'parallel' ? '2' : 'default'}
                onChange={(value) => onChange(withValue(text, ['limits', name], value))}
              />
            </label>
          ))}
        </div>
      </fieldset>
      <WarmStartField text={text} chosen={warmStart} subject={subject} onChange={onChange} />
    </>
  );
}
