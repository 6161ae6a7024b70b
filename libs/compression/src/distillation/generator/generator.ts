import { seededRandom } from '#numbers';
import { Float, Graph, GraphBuilder, elementCount, floatTensor, makeNode, ownName, type ModelProto } from '#onnx';
import { appendStudent, type EmbeddedStudent } from './embedded-student.js';

/** Size of the random vector that a sample is made from. */
export const NOISE_SIZE = 64;

/** Names of the generator's input and output in the joint graph. */
export const NOISE = ownName('generator:noise');

/** Channels of the generator's two hidden stages, at a quarter and at half of the picture's size. */
const STAGES = [32, 16] as const;

/** Longest vector that dense layers make; a longer one is a signal, whose neighbours belong together. */
const LONGEST_VECTOR = 1024;

/** Channels of a picture that has them last: grey, colour, colour and opacity. */
const MOST_COLOURS = 4;

/** What the generator has to produce. */
export interface SampleShape {
  /** The teacher's input. */
  input: string;
  /** Of one sample, of any rank. */
  dims: readonly number[];
  /** Lowest and highest value of real inputs. */
  range: readonly [number, number];
}

/**
 * The teacher behind a generator, as one graph: noise -> a small picture -> twice as large, twice -> the teacher's
 * input -> its answer. Convolutions with batch statistics as in DAFL (Chen et al. 2019), narrower, and none at full
 * size, where they cost most: the last one makes four pixels at a time (sub-pixel convolution, Shi et al. 2016). Short
 * vectors are made by two dense layers, any other input is laid out as a picture. `parameters` are the generator's own
 * weights, the teacher's stay. The student, where it is given, answers beside the teacher.
 */
export function generatorBefore(
  teacher: ModelProto,
  sample: SampleShape,
  batch: number,
  seed: number,
  student: EmbeddedStudent | null = null,
): { graph: Graph; parameters: string[] } {
  const writer = new GeneratorWriter(batch, seed);
  const sampled = writer.sample(sample.dims);
  const [low, high] = sample.range;
  const share = writer.b.op('Sigmoid', [sampled]);
  const spread = writer.b.op('Mul', [share, writer.b.float(high - low)]);
  writer.b.op('Add', [spread, writer.b.float(low)], {}, { outputs: [sample.input] });
  const original = new Graph(teacher);
  for (const tensor of original.proto.initializer) writer.b.initializer(tensor);
  for (const node of original.nodes) writer.b.append(node);
  for (const { model } of student ? [original, student.graph] : [original]) writer.b.importAll(model);
  for (const output of original.outputs) writer.b.output(output.name);
  if (student) appendStudent(writer.b, student, sample.input);
  const opset = Math.max(original.opset(), student?.graph.opset() ?? 0);
  return { graph: new Graph(writer.b.build(opset)), parameters: writer.parameters };
}

/** A sample laid out as a picture: its channels, height and width, and whether the model has the channels last. */
export interface Layout {
  picture: readonly [number, number, number];
  isChannelsLast: boolean;
}

/** A sample without neighbours: [F], not too long, but for axes of 1. */
function isVector(dims: readonly number[]): boolean {
  const size = elementCount(dims);
  return size <= LONGEST_VECTOR && dims.includes(size);
}

/**
 * The picture that a sample is:
 *
 *     [L] -> [1, 1, L]    [T, F] -> [1, T, F]    [H, W, C] -> [C, H, W] for up to four channels
 *     [C, D, H, W] -> [C, D H, W]
 */
export function pictureOf(dims: readonly number[]): Layout {
  const [first, last] = [dims[0]!, dims.at(-1)!];
  if (dims.length === 3 && last <= MOST_COLOURS && first > MOST_COLOURS)
    return { picture: [last, first, dims[1]!], isChannelsLast: true };
  if (dims.length <= 2) return { picture: [1, dims.length === 1 ? 1 : first, last], isChannelsLast: false };
  return { picture: [first, elementCount(dims.slice(1, -1)), last], isChannelsLast: false };
}

class GeneratorWriter {
  readonly b = new GraphBuilder(ownName('generator:'));
  readonly parameters: string[] = [];
  private readonly random: () => number;

  constructor(
    private readonly batch: number,
    seed: number,
  ) {
    this.random = seededRandom(seed);
    this.b.input(NOISE, [batch, NOISE_SIZE]);
  }

  sample(dims: readonly number[]): string {
    if (isVector(dims)) return this.flat(dims);
    const { picture, isChannelsLast } = pictureOf(dims);
    const image = this.image(picture);
    const placed = isChannelsLast ? this.b.op('Transpose', [image], { perm: [0, 2, 3, 1] }) : image;
    if (dims.length === 3) return placed;
    return this.b.op('Reshape', [placed, this.b.ints([this.batch, ...dims])]);
  }

  private image([channels, height, width]: readonly [number, number, number]): string {
    const [wide, narrow] = STAGES;
    const [rows, columns] = [Math.ceil(height / 4), Math.ceil(width / 4)];
    const planes = this.dense(NOISE, NOISE_SIZE, wide * rows * columns);
    const seedPicture = this.b.op('Reshape', [planes, this.b.ints([this.batch, wide, rows, columns])]);
    const grown = this.grow(this.standardize(seedPicture, wide), [wide, 2 * rows, 2 * columns]);
    const doubled = this.conv(grown, wide, narrow);
    const fine = this.conv(this.activate(this.standardize(doubled, narrow)), narrow, 4 * channels);
    const picture = this.standardize(this.b.op('DepthToSpace', [fine], { blocksize: 2 }), channels);
    const [starts, ends] = [this.b.ints([0, 0]), this.b.ints([height, width])];
    return this.b.op('Slice', [picture, starts, ends, this.b.ints([2, 3])]);
  }

  private flat(dims: readonly number[]): string {
    const size = elementCount(dims);
    const hidden = this.activate(this.dense(NOISE, NOISE_SIZE, 4 * NOISE_SIZE));
    const values = this.dense(hidden, 4 * NOISE_SIZE, size);
    return this.b.op('Reshape', [values, this.b.ints([this.batch, ...dims])]);
  }

  private dense(x: string, from: number, to: number): string {
    const weight = this.weight([to, from], from);
    return this.b.op('Gemm', [x, weight, this.constant([to], 0)], { transB: 1 });
  }

  private conv(x: string, from: number, to: number): string {
    const weight = this.weight([to, from, 3, 3], from * 9);
    const inputs = [x, weight, this.constant([to], 0)];
    return this.b.op('Conv', inputs, { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
  }

  private grow(x: string, [channels, height, width]: readonly [number, number, number]): string {
    const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    const size = this.b.ints([this.batch, channels, height, width]);
    return this.b.op('Resize', [x, '', '', size], attributes);
  }

  private activate(x: string): string {
    return this.b.op('LeakyRelu', [x], { alpha: 0.2 });
  }

  /** Batch normalization by the batch's own statistics. */
  private standardize(x: string, channels: number): string {
    const y = this.b.fresh('standardized');
    const statistics = [this.b.float(new Float32Array(channels)), this.b.float(new Float32Array(channels).fill(1))];
    const inputs = [x, this.constant([channels], 1), this.constant([channels], 0), ...statistics];
    const outputs = [y, this.b.fresh('mean'), this.b.fresh('variance')];
    const attributes = { training_mode: 1, epsilon: new Float(1e-5) };
    this.b.append(makeNode('BatchNormalization', inputs, outputs, attributes));
    return y;
  }

  private weight(dims: readonly number[], fanIn: number): string {
    const scale = Math.sqrt(3 / fanIn);
    const draw = () => (2 * this.random() - 1) * scale;
    return this.parameter(dims, Float32Array.from({ length: elementCount(dims) }, draw));
  }

  private constant(dims: readonly number[], value: number): string {
    return this.parameter(dims, new Float32Array(dims[0]!).fill(value));
  }

  private parameter(dims: readonly number[], values: Float32Array): string {
    const name = this.b.initializer(floatTensor(this.b.fresh('weight'), dims, values));
    this.parameters.push(name);
    return name;
  }
}
