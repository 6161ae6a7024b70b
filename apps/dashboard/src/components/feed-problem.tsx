import { ProblemNotice } from './problem.js';

/** Why what happens is told no further, with a button that asks for it again. */
export function FeedProblem({ problem, resume }: { problem: string | null; resume: () => void }) {
  if (problem === null) return null;
  return (
    <div className="actions wrap">
      <ProblemNotice error={{ message: problem }} />
      <button type="button" className="quiet" onClick={resume}>
        Follow it again
      </button>
    </div>
  );
}
