import { CallError, evaluate, quantize, type PassOutcome } from 'coldpress';

// A search of your own: the fewest bits that lose at most a point of top-1.
const [model = 'net.onnx', data = 'digits', output = 'small.onnx'] = process.argv.slice(2);
let best: PassOutcome | null = null;
for (const weightBits of [8, 4, 3, 2] as const) {
  const candidate = await quantize(model, { scheme: 'weightOnly', weightBits }).catch((error: unknown) => {
    if (!(error instanceof CallError)) throw error;
    console.log(error.message);
    return null;
  });
  if (candidate === null) continue;
  const { compared } = await evaluate(candidate, { samples: 200, latencyRuns: 5 }, { data });
  const [before = 0, after = 0] = compared.map(({ top1 }) => top1 ?? 0);
  console.log(`${weightBits} bits: top-1 ${after.toFixed(3)} instead of ${before.toFixed(3)}`);
  if (before - after <= 0.01) best = candidate;
}
await best?.save(output);
