import { GraphBuilder } from './builder.js';
import { Graph } from './graph.js';
import { weightSites } from './weight-sites.js';

/** x · W, and what `rest` makes of the product; the site of W. */
function siteOf(rest: (b: GraphBuilder, product: string) => void) {
  const b = new GraphBuilder();
  const product = b.op('MatMul', [b.input('x', ['n', 2]), b.float([1, 2, 3, 4], [2, 2])], {}, { outputs: ['product'] });
  rest(b, product);
  return weightSites(new Graph(b.build()))[0]!;
}

describe('the bias of a MatMul', () => {
  it('is the vector that its one reader adds, on either side', () => {
    const right = siteOf((b, product) => b.output(b.op('Add', [product, b.float([1, 2])])));
    const left = siteOf((b, product) => b.output(b.op('Add', [b.float([1, 2], [1, 2]), product])));
    expect([right.bias?.index, left.bias?.index]).toEqual([1, 0]);
  });

  it.each<[string, (b: GraphBuilder, product: string) => void]>([
    [
      'the product has another reader',
      (b, product) => {
        b.output(b.op('Add', [product, b.float([1, 2])]));
        b.output(b.op('Relu', [product]));
      },
    ],
    [
      'the product is an output of the model',
      (b, product) => {
        b.output(product);
        b.output(b.op('Add', [product, b.float([1, 2])]));
      },
    ],
    ['the reader does not add', (b, product) => b.output(b.op('Mul', [product, b.float([1, 2])]))],
    [
      'what is added differs from row to row',
      (b, product) => b.output(b.op('Add', [product, b.float([1, 2], [2, 1])])),
    ],
    ['what is added is a number', (b, product) => b.output(b.op('Add', [product, b.float(1)]))],
    ['what is added is computed', (b, product) => b.output(b.op('Add', [product, b.input('z', ['n', 2])]))],
    ['nobody reads the product', () => {}],
    [
      'a body reads the product',
      (b, product) => {
        const body = new GraphBuilder('body');
        body.output(body.op('Add', [product, body.float([1, 2])]));
        const branch = body.build().graph!;
        b.output(b.op('If', [b.input('c', [])], { then_branch: branch, else_branch: branch }));
      },
    ],
  ])('is none where %s', (_why, rest) => {
    expect(siteOf(rest).bias).toBeNull();
  });
});
