import type { DatasetPreview, SamplePreview } from '#contracts';
import { figure } from '../format.js';

/** Samples as a model gets them: the picture where there is one, the range of each input, the label, and what the model answers. */
export function SampleCards({
  preview: { split, samples, accuracy, warnings, problem },
  from = 0,
}: {
  preview: DatasetPreview;
  /** The place of the first one within its split. */
  from?: number;
}) {
  return (
    <>
      {problem && (
        <p className="problem" role="alert">
          The data does not fit the model: {problem}
        </p>
      )}
      {accuracy && (
        <p>
          Top-1 of the model on {accuracy.samples} samples: {(100 * accuracy.top1).toFixed(1)} %
        </p>
      )}
      {warnings.map((warning) => (
        <p key={warning} className="warning">
          {warning}
        </p>
      ))}
      {samples.length > 0 && (
        <ul className="samples plain" aria-label={`Samples of ${split ?? 'the data'} after preprocessing`}>
          {samples.map((sample, index) => (
            <Sample key={from + index} sample={sample} index={from + index} />
          ))}
        </ul>
      )}
    </>
  );
}

function Sample({ sample: { picture, inputs, label, answer }, index }: { sample: SamplePreview; index: number }) {
  return (
    <li className="card">
      {picture && <img src={`data:image/png;base64,${picture}`} alt={`sample ${index}, as the model gets it`} />}
      <p>
        <strong>{label ?? 'no label'}</strong>
      </p>
      <p className="quiet">the model says {answer}</p>
      {inputs.map(({ name, dims, least, mean, most }) => (
        <p key={name} className="quiet">
          {name} [{dims.join(', ')}] {figure(least)} to {figure(most)}, mean {figure(mean)}
        </p>
      ))}
    </li>
  );
}
