import { ProblemError } from '#client';
import type { Job, JobEvent, Left, Problem } from '#contracts';
import { useEffect, useReducer, useRef, useState } from 'react';
import { client } from './client.js';
import { tellLost } from './lost.js';

export interface LogLine {
  index: number;
  line: string;
}

/** Everything that the page knows of one job: its record, its log, and the curve of the stage that trains. */
export interface JobFeed {
  job: Job | null;
  log: LogLine[];
  curves: Record<number, Record<string, number>[]>;
  message: Record<number, string>;
  /** What is left of the stage that told of itself last; null between stages. */
  left: (Left & { index: number }) | null;
  /** Why it is followed no further; a break that passes is told by `LostNotice`. */
  problem: string | null;
  /** Why the server has nothing to tell, now or later. */
  refusal: Problem | null;
}

type Action =
  | { type: 'event'; event: JobEvent }
  | { type: 'problem'; message: string | null }
  | { type: 'refusal'; problem: Problem };

const LOG_LINES_KEPT = 2000;
const EMPTY: JobFeed = { job: null, log: [], curves: {}, message: {}, left: null, problem: null, refusal: null };

/**
 * Follows a job's event stream to the job's end, and no further; a broken connection resumes after the last event seen,
 * and a job that goes on after its end is followed again by `resume`.
 */
export function useJobFeed(jobId: string): { feed: JobFeed; resume: () => void } {
  const [feed, dispatch] = useReducer(reduce, EMPTY);
  const [round, setRound] = useState(0);
  const lastId = useRef('');
  useEffect(() => {
    const abort = new AbortController();
    void follow(jobId, lastId, abort.signal, dispatch);
    return () => abort.abort();
  }, [jobId, round]);
  return { feed, resume: () => setRound((before) => before + 1) };
}

/** Ends with the job; what it asks for is what the client tells. */
async function follow(
  jobId: string,
  lastId: { current: string },
  signal: AbortSignal,
  dispatch: (action: Action) => void,
): Promise<void> {
  const onBreak = ({ message }: Error) => tellLost(signal, message);
  try {
    for await (const { id, event } of client.watchJob({ id: jobId }, { signal, after: lastId.current, onBreak })) {
      tellLost(signal, null);
      if (id) lastId.current = id;
      dispatch({ type: 'event', event });
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof ProblemError) return dispatch({ type: 'refusal', problem: error.problem });
    dispatch({ type: 'problem', message: error instanceof Error ? error.message : String(error) });
  } finally {
    tellLost(signal, null);
  }
}

export function reduce(feed: JobFeed, action: Action): JobFeed {
  if (action.type === 'problem') return { ...feed, problem: action.message };
  if (action.type === 'refusal') return { ...feed, problem: null, refusal: action.problem };
  return withEvent({ ...feed, problem: null, refusal: null }, action.event);
}

function withEvent(feed: JobFeed, event: JobEvent): JobFeed {
  switch (event.type) {
    case 'snapshot':
      return { ...feed, job: event.job };
    case 'job':
      return feed.job ? { ...feed, job: { ...feed.job, state: event.state } } : feed;
    case 'stage':
      return { ...withStage(feed, event.stage.index, event.stage), left: null };
    case 'progress':
      return withProgress(feed, event);
    case 'log':
      const line = { index: event.index, line: event.line };
      return { ...feed, log: [...feed.log, line].slice(-LOG_LINES_KEPT) };
  }
}

function withProgress(feed: JobFeed, event: Extract<JobEvent, { type: 'progress' }>): JobFeed {
  const { index, fraction, message, values, leftS, jobLeftS } = event;
  const next = withStage(feed, index, { progress: fraction });
  return {
    ...next,
    left: { index, leftS, jobLeftS },
    message: message === undefined ? next.message : { ...next.message, [index]: message },
    curves:
      values === undefined
        ? next.curves
        : { ...next.curves, [index]: [...(next.curves[index] ?? []), { ...values, fraction }] },
  };
}

function withStage(feed: JobFeed, index: number, change: Partial<Job['stages'][number]>): JobFeed {
  if (!feed.job) return feed;
  const stages = feed.job.stages.map((stage) => (stage.index === index ? { ...stage, ...change } : stage));
  return { ...feed, job: { ...feed.job, stages } };
}
