import { toBinary } from '@bufbuild/protobuf';
import { GradientBuilder, LossBuilder, type Expression } from '#autodiff';
import { Session, type HostTensor, type HostTensors } from '#inference';
import { DataType, GraphBuilder, ModelProtoSchema } from '#onnx';

/** What a loss comes to: its value, and its gradient by each value that it reads. */
export interface LossAt {
  value: number;
  gradients: Record<string, Float64Array>;
}

/** A loss that runs by itself, in float64. */
export interface LossSession {
  at(values: Readonly<Record<string, Float64Array>>): Promise<LossAt>;
  /** Largest difference between the gradient by `name` and central differences of the value. */
  worstError(values: Readonly<Record<string, Float64Array>>, name: string): Promise<number>;
}

/** The loss that `write` writes over inputs of these shapes; `extra` are its inputs that are no floats. */
export async function lossSession(
  dims: Readonly<Record<string, readonly number[]>>,
  write: (l: LossBuilder) => Expression,
  extra: HostTensors = {},
): Promise<LossSession> {
  const b = new GraphBuilder();
  for (const [name, shape] of Object.entries(dims)) b.input(name, shape, DataType.DOUBLE);
  for (const [name, tensor] of Object.entries(extra)) b.input(name, tensor.dims, DataType.INT64);
  const g = new GradientBuilder(b, new Map(Object.entries(dims)), () => undefined, DataType.DOUBLE);
  const loss = new LossBuilder(g);
  const total = write(loss);
  const gradients = [...loss.gradients(total)].map(([name, gradient], i) => ({ name, gradient, output: `d${i}` }));
  b.op('Identity', [total.name], {}, { outputs: ['total'] });
  b.output('total', [], DataType.DOUBLE);
  for (const { name, gradient, output } of gradients) {
    b.op('Identity', [gradient], {}, { outputs: [output] });
    b.output(output, dims[name], DataType.DOUBLE);
  }
  const session = await Session.create(toBinary(ModelProtoSchema, b.build()));
  const at = async (values: Readonly<Record<string, Float64Array>>): Promise<LossAt> => {
    const floatOf = (name: string, shape: readonly number[]): HostTensor => ({
      type: 'float64',
      dims: shape,
      data: values[name]!,
    });
    const floats = Object.entries(dims).map(([name, shape]) => [name, floatOf(name, shape)]);
    const result = await session.run({ ...Object.fromEntries(floats), ...extra });
    const found = gradients.map(({ name, output }) => [name, result[output]!.data as Float64Array]);
    return { value: Number(result['total']!.data[0]), gradients: Object.fromEntries(found) };
  };
  return { at, worstError: (values, name) => worstError(at, values, name) };
}

const STEP = 1e-5;

async function worstError(
  at: LossSession['at'],
  values: Readonly<Record<string, Float64Array>>,
  name: string,
): Promise<number> {
  const start = values[name]!;
  const { gradients } = await at(values);
  const errors: number[] = [];
  for (let i = 0; i < start.length; i++) {
    const moved = (by: number) => {
      const shifted = start.map((value, j) => value + (i === j ? by : 0));
      return at({ ...values, [name]: shifted });
    };
    const [ahead, behind] = [await moved(STEP), await moved(-STEP)];
    const difference = (ahead.value - behind.value) / (2 * STEP);
    errors.push(Math.abs(gradients[name]![i]! - difference));
  }
  return Math.max(...errors);
}
