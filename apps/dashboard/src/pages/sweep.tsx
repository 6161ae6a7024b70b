import type { Sweep } from '#contracts';
import { FeedProblem } from '../components/feed-problem.js';
import { ProblemNotice } from '../components/problem.js';
import { StateBadge } from '../components/state-badge.js';
import type { PageProps } from '../route.js';
import { SweepActions } from '../sweep/sweep-actions.js';
import { useSweepFeed, type SweepFeed } from '../sweep/sweep-feed.js';
import { SweepHead } from '../sweep/sweep-head.js';
import { SweepResultsView } from '../sweep/sweep-results.js';
import { useTitle } from '../title.js';
import { NotFoundPage } from './not-found.js';

/** One sweep: how far it is, what it found, and what can be done with it. */
export function SweepPage({ id, query }: PageProps) {
  const { feed, resume } = useSweepFeed(id);
  if (feed.sweep) return <SweepView sweep={feed.sweep} feed={feed} query={query} resume={resume} />;
  if (feed.refusal?.status === 404 || feed.refusal?.status === 400)
    return (
      <NotFoundPage title="No such sweep">
        {feed.refusal.status === 404 ? `There is no sweep ${id}: it was deleted.` : feed.refusal.detail}
      </NotFoundPage>
    );
  const problem = feed.refusal?.detail ?? feed.problem;
  return problem ? <FeedProblem problem={problem} resume={resume} /> : <p className="quiet">Loading…</p>;
}

function SweepView({
  sweep,
  feed,
  query,
  resume,
}: {
  sweep: Sweep;
  feed: SweepFeed;
  query: URLSearchParams;
  resume: () => void;
}) {
  useTitle(`${sweep.state} · ${sweep.title}`);
  return (
    <>
      <div className="heading">
        <h1>{sweep.title}</h1>
        <StateBadge state={sweep.state} />
        <SweepActions sweep={sweep} onChanged={resume} />
      </div>
      <FeedProblem problem={feed.refusal?.detail ?? feed.problem} resume={resume} />
      {sweep.error && <ProblemNotice error={sweep.error} />}
      <SweepHead sweep={sweep} readAt={feed.readAt} />
      <SweepResultsView sweep={sweep} trials={feed.trials} query={query} onChanged={resume} />
    </>
  );
}
