import { BenchmarkFile, type Job } from '#contracts';
import { timingOf, type Timing } from '#model-graph';
import { useQuery } from '@tanstack/react-query';
import { client } from '../api/client.js';
import { wholeOf } from '../api/download.js';

/** Where the time of the newest model went, by the last device that profiled it; null where none did. */
export function useTiming(job: Job, after: string) {
  return useQuery({
    queryKey: ['timing', job.id, after, job.state],
    queryFn: ({ signal }) => newestTiming(job, after, signal),
    staleTime: Infinity,
  });
}

async function newestTiming(job: Job, after: string, signal: AbortSignal): Promise<Timing | null> {
  const { items } = await client.jobBenchmarks({ id: job.id }, { signal });
  for (const { device, asked, result } of items.toReversed()) {
    if (!result) continue;
    const file = await wholeOf(client.getArtifact({ digest: result.raw.digest }, { signal }));
    const samples = BenchmarkFile.safeParse(await file.json());
    const digests = { before: job.modelId, after };
    const timing = samples.success ? timingOf(device ?? asked, samples.data, digests) : null;
    if (timing) return timing;
  }
  return null;
}
