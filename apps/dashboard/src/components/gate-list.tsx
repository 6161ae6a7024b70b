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
            <StateBadge state={verdict.passed ? 'passed' : 'missed'} /> {verdict.explanation}
          </li>
        ))}
      </ul>
    </section>
  );
}
