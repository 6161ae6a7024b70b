import { SequenceOptions } from '#contracts';
import type { HostTensor } from '#inference';
import { growingInts } from '../growing.js';
import { chooseOutput, hasNaN, numbersOf, outputNamed } from '../read-output.js';
import type { Collector, TaskBatch, TaskReader } from '../task.js';
import { decode } from './decode.js';
import { editDistance } from './edit-distance.js';

/** What is kept of the answers of a recogniser, per sample. */
export interface EditEvidence {
  /** Edits from the label to the answer. */
  edits: Int32Array;
  /** Symbols of the label. */
  symbols: Int32Array;
  /** Whether all scores are numbers. */
  isReadable: boolean;
}

/** Reads scores [batch, steps, symbols], or symbol numbers [batch, steps]. */
export const sequence: TaskReader<EditEvidence> = {
  open({ reference, size }, { options }) {
    const settings = options.sequence ?? SequenceOptions.parse({});
    const isIds = settings.decoding === 'ids';
    const wanted = isIds
      ? `[${size}, steps] symbol numbers`
      : `[${settings.stepsFirst ? `steps, ${size}` : `${size}, steps`}, symbols] scores`;
    const output = chooseOutput(reference, {
      name: options.readOutput,
      wanted,
      fits: ({ dims }: HostTensor) =>
        isIds ? dims[0] === size && dims.length === 2 : dims[settings.stepsFirst ? 1 : 0] === size && dims.length === 3,
    });
    return { output, collector: () => editCollector(output, settings) };
  },
};

function editCollector(output: string, options: SequenceOptions): Collector<EditEvidence> {
  const [edits, symbols] = [growingInts(), growingInts()];
  let isReadable = true;
  return {
    add({ outputs, targets, size }: TaskBatch): void {
      const labels = Array.from(targets?.data ?? [], Number);
      const width = labels.length / size;
      const tensor = outputNamed(outputs, output, 'the output that the baseline has');
      const values = numbersOf(outputs, output);
      isReadable &&= !hasNaN(values);
      decode(tensor, values, { size, options }).forEach((answer, i) => {
        const label = labels.slice(i * width, (i + 1) * width).filter((symbol) => symbol >= 0);
        edits.push(editDistance(label, answer));
        symbols.push(label.length);
      });
    },
    evidence: () => ({ edits: edits.values, symbols: symbols.values, isReadable }),
  };
}
