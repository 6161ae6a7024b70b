import type { Job, JobEvent } from '#contracts';
import { parseEventStream } from '#contracts/event-stream';
import { useEffect, useReducer } from 'react';
import { send } from './client.js';

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
  problem: string | null;
}

type Action = { type: 'event'; event: JobEvent } | { type: 'problem'; message: string | null };

const LOG_LINES_KEPT = 2000;
const EMPTY: JobFeed = { job: null, log: [], curves: {}, message: {}, problem: null };

/** Follows a job's event stream; a broken connection resumes after the last event seen. */
export function useJobFeed(jobId: string): JobFeed {
  const [feed, dispatch] = useReducer(reduce, EMPTY);
  useEffect(() => {
    const abort = new AbortController();
    void follow(jobId, abort.signal, dispatch);
    return () => abort.abort();
  }, [jobId]);
  return feed;
}

async function follow(jobId: string, signal: AbortSignal, dispatch: (action: Action) => void): Promise<void> {
  let lastId = '';
  while (!signal.aborted) {
    try {
      const response = await send(`/v1/jobs/${jobId}/events`, {
        signal,
        headers: lastId ? { 'last-event-id': lastId } : {},
      });
      dispatch({ type: 'problem', message: null });
      for await (const { id, data } of parseEventStream(response.body!)) {
        if (id) lastId = id;
        const event = JSON.parse(data) as JobEvent;
        dispatch({ type: 'event', event });
      }
    } catch (error) {
      if (signal.aborted) return;
      dispatch({ type: 'problem', message: error instanceof Error ? error.message : String(error) });
    }
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }
}

export function reduce(feed: JobFeed, action: Action): JobFeed {
  if (action.type === 'problem') return { ...feed, problem: action.message };
  const { event } = action;
  switch (event.type) {
    case 'snapshot':
      return { ...feed, job: event.job };
    case 'job':
      return feed.job ? { ...feed, job: { ...feed.job, state: event.state } } : feed;
    case 'stage':
      return withStage(feed, event.stage.index, event.stage);
    case 'progress':
      return withProgress(feed, event);
    case 'log':
      return { ...feed, log: [...feed.log, { index: event.index, line: event.line }].slice(-LOG_LINES_KEPT) };
  }
}

function withProgress(feed: JobFeed, event: Extract<JobEvent, { type: 'progress' }>): JobFeed {
  const { index, fraction, message, values } = event;
  const next = withStage(feed, index, { progress: fraction });
  return {
    ...next,
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
