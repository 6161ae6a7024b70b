import { GraphBuilder, writeModel } from '#onnx';

/** The bytes of a path of so many nodes over two numbers: multiplications by a matrix in turns with Relu. */
export function longModel(nodes: number): Uint8Array {
  const b = new GraphBuilder();
  let value = b.input('x', ['n', 2]);
  for (let node = 0; node < nodes; node++) {
    const name = `block${Math.floor(node / 10)}/node${node}`;
    const outputs = [node === nodes - 1 ? b.output(name, ['n', 2]) : name];
    value =
      node % 2 === 0
        ? b.op('MatMul', [value, b.float([1, 0, 0, 1], [2, 2])], {}, { outputs })
        : b.op('Relu', [value], {}, { outputs });
  }
  for (const made of b.nodes) made.name = made.output[0] ?? '';
  return writeModel(b.build());
}
