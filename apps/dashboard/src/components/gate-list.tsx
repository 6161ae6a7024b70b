import type { GateVerdict } from '#contracts';
import { StateBadge } from './state-badge.js';

export function GateList({ gates }: { gates: GateVerdict[] }) {
  if (gates.length === 0) return null;
  return (
    <section aria-label="Gates">
      <h2>Gates</h2>
      <ul className="plain">
        {gates.map((verdict, index) => (
          <li key={index}>
            <StateBadge state={stateOf(verdict)} /> {verdict.stage === undefined ? '' : `stage ${verdict.stage + 1}: `}
            {verdict.explanation}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A gate that only warns is not missed. */
function stateOf({ passed, gate }: GateVerdict): 'passed' | 'warned' | 'missed' {
  return passed ? 'passed' : gate.onFail === 'warn' ? 'warned' : 'missed';
}
