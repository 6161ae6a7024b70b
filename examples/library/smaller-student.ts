import { distill, evaluate, prune } from 'coldpress';

// What one pass made goes into the next: the first model is the teacher, and the baseline of the figures.
const [model = 'net.onnx', data = 'digits', output = 'small.onnx'] = process.argv.slice(2);
const half = await prune(model, { granularity: 'channel', ratio: 0.5 });
const taught = await distill(half, { epochs: 1 }, { data, seed: 7, log: (line) => console.log(line) });
const { compared } = await evaluate(taught, { samples: 200, latencyRuns: 5 }, { data });
for (const { bytes, top1 } of compared) console.log(`${bytes} bytes, top-1 ${top1?.toFixed(3)}`);
await taught.save(output);
