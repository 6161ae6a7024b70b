import { quantize } from 'coldpress';

// Four-bit weights need no data; what was left alone is told with its reason.
const [model = 'net.onnx', output = 'small.onnx'] = process.argv.slice(2);
const small = await quantize(model, { scheme: 'weightOnly', weightBits: 4 });
for (const { node, reason } of small.skipped) console.log(`left alone: ${node}: ${reason}`);
console.log(`${small.metrics.bytes} bytes in ${output}`);
await small.save(output);
