import { costText, counted, stagesText, type JobCheck } from '#contracts';
import { table } from './output.js';

/** What a job that can run will take, and what its passes would leave alone, with the reasons. */
export function checkWords({ skipped, forecast }: JobCheck): string {
  const rows = skipped.map(({ pass, node, opType = '', reason }) => [pass, node, opType, reason]);
  const left =
    rows.length === 0
      ? ['no node would be left alone']
      : [`${counted(rows.length, 'node')} would be left alone:`, table(['pass', 'node', 'operator', 'why'], rows)];
  const cost = forecast === null ? [] : [costText(forecast)];
  return [`this job can run${forecast === null ? '' : `: ${stagesText(forecast)}`}`, ...cost, ...left].join('\n');
}
