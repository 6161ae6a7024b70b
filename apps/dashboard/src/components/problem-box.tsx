import { ProblemError } from '#client';

interface Fault {
  field: string;
  message: string;
}

/** What went wrong with what was entered: each fault at its field, or one sentence where no field is at fault. */
export function ProblemBox({ error }: { error: Error }) {
  const faults = error instanceof ProblemError ? (error.problem.errors ?? []) : [];
  const isToldTwice = faults.some(({ message }) => error.message.includes(message));
  return (
    <div className="problem card" role="alert">
      {!isToldTwice && error.message}
      {faults.length > 0 && <FaultList faults={faults} />}
    </div>
  );
}

export function FaultList({ faults }: { faults: readonly Fault[] }) {
  return (
    <ul className="plain">
      {faults.map(({ field, message }) => (
        <li key={field + message}>
          {field && <code>{field}</code>} {message}
        </li>
      ))}
    </ul>
  );
}
