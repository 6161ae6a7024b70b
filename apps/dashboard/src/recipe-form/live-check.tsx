import { costText, counted, stagesText, type SweepForecast } from '#contracts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { preflightJob, preflightSweep, type Submission } from '../api/queries.js';
import { FaultList, ProblemBox } from '../components/problem-box.js';
import { PreflightBox } from '../components/preflight-box.js';

/** A check reads the model in a process of its own: it waits until typing pauses. */
const PAUSE_MS = 700;

/** What the server says of the form as it stands; nothing while it is asked, so that no verdict is of another text. */
export function LiveCheck({ submission, isSweep }: { submission: Submission; isSweep: boolean }) {
  const asked = useSettled(JSON.stringify({ ...submission, name: undefined }));
  const isSettled = asked === JSON.stringify({ ...submission, name: undefined });
  const { data, error, isFetching } = useQuery({
    queryKey: ['preflight', isSweep, asked],
    queryFn: async ({ signal }) => {
      const body = JSON.parse(asked) as Submission;
      return isSweep
        ? { sweep: await preflightSweep(body, signal), job: null }
        : { sweep: null, job: await preflightJob(body, signal) };
    },
    staleTime: Infinity,
    gcTime: 60_000,
  });
  if (!isSettled || isFetching)
    return (
      <p className="quiet" role="status">
        Checking…
      </p>
    );
  if (error) return <ProblemBox error={error} />;
  if (data?.job) return <PreflightBox preflight={data.job} />;
  return data?.sweep ? <Forecast forecast={data.sweep} /> : null;
}

/** A text once it has stood still for a while. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function Forecast({ forecast }: { forecast: SweepForecast }) {
  const { problems, trials, infeasible, isExact, earlier } = forecast;
  if (problems.length > 0)
    return (
      <div className="problem" role="alert">
        <FaultList faults={problems} />
      </div>
    );
  const about = isExact ? '' : 'about ';
  return (
    <div role="status">
      <p>
        This sweep can run: {counted(trials, 'trial')}, {about}
        {stagesText(forecast)}.
        {earlier !== undefined && ` It begins with ${counted(earlier, 'trial')} of earlier sweeps and jobs.`}
      </p>
      <p className="quiet">{costText(forecast)}</p>
      {infeasible.map(({ field, message, count }) => (
        <p key={field + message} className="warning">
          no recipe from {counted(count, 'combination')}: {field}: {message}
        </p>
      ))}
    </div>
  );
}
