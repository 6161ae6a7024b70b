import { formatBytes, formatCount, type Model, type ValueSummary } from '#contracts';
import { Facts } from './facts.js';

/** What can be read off the file of a model. */
export function ModelFacts({ model: { id, inspection } }: { model: Model }) {
  const { inputs, outputs, opset, irVersion, producer, macs, nonZeros, parameters, ops, types } = inspection;
  const stored = types?.map(({ type, bytes }) => `${type} ${formatBytes(bytes)}`);
  const operators = Object.entries(ops).sort(([, a], [, b]) => b - a);
  return (
    <Facts
      facts={[
        ['Inputs', inputs.map(valueText).join('; ')],
        ['Outputs', outputs.map(valueText).join('; ')],
        ['Opset', `${opset} (IR ${irVersion}, by ${producer || 'an unknown producer'})`],
        ['MACs', macs === null ? 'unknown: the inputs have no fixed shape' : formatCount(macs)],
        ['Parameters', `${formatCount(parameters)}, of which ${formatCount(nonZeros)} are not zero`],
        ['Operators', operators.map(([name, count]) => `${name} ${count}`).join(', ')],
        ...(stored ? [['Stored as', stored.join(', ')] as [string, string]] : []),
        ['SHA-256', <code key="id">{id}</code>],
      ]}
    />
  );
}

const valueText = ({ name, type, dims }: ValueSummary): string =>
  `${name}: ${type}${dims ? `[${dims.join(', ')}]` : ''}`;
