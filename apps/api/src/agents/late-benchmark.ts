import type { Benchmark, BenchmarkStatus, Failure } from '#contracts';
import { LateBenchmarkError } from '#database';

type Late = Pick<Benchmark, 'status' | 'reason' | 'createdAt' | 'deadlineAt'>;

const MS_PER_MINUTE = 60_000;

/** What kept a benchmark waiting until its time was up, with the way out. */
export function lateFailure({ status, reason, createdAt, deadlineAt }: Late): Failure {
  const minutes = Number(((Date.parse(deadlineAt) - Date.parse(createdAt)) / MS_PER_MINUTE).toPrecision(2));
  const words = `no device took it within ${minutes} min: ${reason}`;
  const { code, message } = errorOf(status, words);
  return { code, message };
}

function errorOf(status: BenchmarkStatus, words: string): LateBenchmarkError {
  switch (status) {
    case 'no_eligible_device':
      return new LateBenchmarkError('benchmark_no_eligible_device', `${words}, then submit the job again`);
    case 'all_offline':
      return new LateBenchmarkError('benchmark_all_offline', `${words}; submit the job again once one is online`);
    case 'no_usable_device':
      return new LateBenchmarkError('benchmark_no_usable_device', `${words}; resume one, then submit the job again`);
    case 'over_limits':
      return new LateBenchmarkError(
        'benchmark_over_limits',
        `${words}; wait until it is within the limits of benchmark, or raise them`,
      );
    default:
      return new LateBenchmarkError(
        'benchmark_queued',
        `${words}; allow more timeLimitMinutes in benchmark, or ask for any device of a tag`,
      );
  }
}
