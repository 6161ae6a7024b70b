import type { Dataset } from '#datasets';
import { Session } from '#inference';
import { writeModel, type ModelProto } from '#onnx';

/** Share of the first test digits that a model of ten logits gets right. */
export async function top1Of(model: ModelProto, data: Dataset, limit: number): Promise<number> {
  const session = await Session.create(writeModel(model));
  let [right, seen] = [0, 0];
  for await (const { inputs, labels, size } of data.bindInputs(session.inputs.map(({ name }) => name)).batches('test', { batchSize: 200, limit })) {
    const logits = Object.values(await session.run(inputs))[0]!.data as Float32Array;
    for (let i = 0; i < size; i++, seen++) right += Number(greatest(logits.subarray(i * 10, i * 10 + 10)) === labels![i]);
  }
  await session.release();
  return right / seen;
}

function greatest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}
