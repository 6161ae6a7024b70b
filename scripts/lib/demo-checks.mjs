/** What the demo must reach; each check names its figures, so that a failure explains itself. */
const CHECKS = {
  'the final file has at most a tenth of the bytes': ({ baseline, final }) => [
    final.bytes <= 0.1 * baseline.bytes,
    `${final.bytes} of ${baseline.bytes}`,
  ],
  'top-1 drops by half a point at most': ({ baseline, final }) => [
    baseline.top1 - final.top1 <= 0.005,
    `${baseline.top1} -> ${final.top1}`,
  ],
  "the median latency is below the baseline's": ({ baseline, final }) => [
    final.latencyMsP50 < baseline.latencyMsP50,
    `${baseline.latencyMsP50} -> ${final.latencyMsP50} ms`,
  ],
  'it takes less than three minutes': ({ seconds }) => [seconds < 180, `${seconds} s`],
  'every gate passes': ({ gates }) => [
    gates.length > 0 && gates.every(({ passed }) => passed),
    `${gates.filter(({ passed }) => passed).length} of ${gates.length}`,
  ],
  'every stage ran, in order': ({ stages }) => [
    stages.map(({ pass }) => pass).join() === 'quantize,prune,distill,evaluate',
    stages.map(({ pass }) => pass).join(' -> '),
  ],
  'every figure is there': ({ baseline, stages, final }) => {
    const missing = [baseline, ...stages, final].flatMap((figures, row) =>
      FIGURES.filter((name) => !Number.isFinite(figures[name])).map((name) => `${name} of row ${row}`),
    );
    return [missing.length === 0, missing.join(', ') || `${stages.length + 2} rows`];
  },
};

const FIGURES = ['bytes', 'compressedBytes', 'parameters', 'nonZeros', 'top1', 'latencyMsP50', 'latencyMsP95'];

/** Judges the JSON document that ends the demo's output. */
export function checkDemo(output) {
  let result;
  try {
    result = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  } catch {
    return Object.keys(CHECKS).map((name) => ({ name, passed: false, figures: "the demo's last line is not JSON" }));
  }
  return Object.entries(CHECKS).map(([name, check]) => {
    try {
      const [passed, figures] = check(result);
      return { name, passed, figures };
    } catch (error) {
      return { name, passed: false, figures: error.message };
    }
  });
}
