import type { BenchmarkStatus } from '#contracts';
import { lateFailure } from './late-benchmark.js';

it.each<[BenchmarkStatus, string, RegExp]>([
  ['queued', 'benchmark_queued', /allow more timeLimitMinutes/],
  ['no_eligible_device', 'benchmark_no_eligible_device', /then submit the job again/],
  ['all_offline', 'benchmark_all_offline', /again once one is online/],
  ['no_usable_device', 'benchmark_no_usable_device', /resume one/],
  ['over_limits', 'benchmark_over_limits', /or raise them/],
])(
  'a benchmark that nobody took while it was %s fails under a code of its own, with the way out',
  (status, code, way) => {
    const at = { createdAt: '2026-11-30T12:00:00.000Z', deadlineAt: '2026-11-30T13:30:00.000Z' };
    const failure = lateFailure({ status, reason: 'pi: it is so', ...at });
    expect(failure).toEqual({ code, message: expect.stringMatching(/^no device took it within 90 min: pi: it is so/) });
    expect(failure.message).toMatch(way);
  },
);
