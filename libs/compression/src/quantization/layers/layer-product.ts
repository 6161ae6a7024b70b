import { float32, Session } from '#inference';
import { GraphBuilder, writeModel, type ModelProto } from '#onnx';
import type { ProductShape } from './patches.js';

/** A product whose outputs may pass a Relu. */
export interface RectifiedProduct extends ProductShape {
  /** What is added ahead of the Relu, groups · columns of them; null where there is none. */
  rectified: Float32Array | null;
}

/** A layer's product alone, for any rows and any weights. */
export class LayerProduct {
  private constructor(
    private readonly shape: ProductShape,
    private readonly session: Session,
  ) {}

  static async create(product: RectifiedProduct, threads: number): Promise<LayerProduct> {
    return new LayerProduct(product, await Session.create(writeModel(productModel(product)), { threads }));
  }

  /** Outputs [n, groups · columns] of rows [n, groups · size] with weights [groups, size, columns]. */
  async outputs(rows: Float32Array, weights: Float32Array): Promise<Float32Array> {
    const { groups, size, columns } = this.shape;
    const count = rows.length / (groups * size);
    const weight = float32([groups, size, columns], weights);
    const feeds = { rows: float32([count, groups, size], rows), weights: weight };
    return (await this.session.run(feeds))['outputs']!.data as Float32Array;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

function productModel({ groups, size, columns, rectified }: RectifiedProduct): ModelProto {
  const b = new GraphBuilder();
  const rows = b.input('rows', ['n', groups, size]);
  const byGroup = b.op('Transpose', [rows], { perm: [1, 0, 2] });
  const product = b.op('MatMul', [byGroup, b.input('weights', [groups, size, columns])]);
  const withBias = (bias: Float32Array) => b.op('Add', [product, b.float(bias, [groups, 1, columns])]);
  const activated = rectified ? b.op('Relu', [withBias(rectified)]) : product;
  const outputs = [b.output('outputs', ['n', groups, columns])];
  b.op('Transpose', [activated], { perm: [1, 0, 2] }, { outputs });
  return b.build();
}
