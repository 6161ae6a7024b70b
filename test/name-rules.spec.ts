import { spelledNames } from '../scripts/lib/name-rules.mjs';

const PASS = 'libs/compression/src/a.ts';
const problem = (text: string, path = PASS): string | undefined => spelledNames(path, text)[0]?.problem;

describe('the name rules', () => {
  it.each([
    ['a tensor', 'graph.addInitializer(floatTensor(`${weight}_scale`, [], [1]));'],
    ['an integer tensor', "b.initializer(int64Tensor('axes', [1], [0]));"],
    ["a node's output", "b.op('Shape', [value], {}, { outputs: [`${value}/shape`] });"],
    ['an output of makeNode', "graph.addNode(makeNode('Relu', [x], [`${x}_relu`]));"],
    ["a node's name", "graph.addNode(makeNode('Relu', [x], [y], {}, { name: `${x}_Relu` }));"],
    ['an input', "builder.input('labels', [4]);"],
    ['the prefix of a builder that extends a graph', "const b = new GraphBuilder('stats');"],
    ['a prefix that is fresh alone, not with what follows it', "const b = new GraphBuilder(graph.freshName('stats'));"],
  ])('refuse %s that is spelled out', (_what, text) => {
    expect(problem(text)).toMatch(/spelled out: ask Graph\.freshName/);
  });

  it.each([
    ['a fresh name', 'graph.addInitializer(floatTensor(graph.freshName(`${weight}_scale`), [], [1]));', PASS],
    ['a name of its own', "b.op('Shape', [value], {}, { outputs: [ownName(`${value}/shape`)] });", PASS],
    ['a builder of a whole graph', 'const b = new GraphBuilder();', PASS],
    ['tests', "b.input('x', [4]);", 'libs/compression/src/a.spec.ts'],
    ['nets of the testing library', "b.input('x', [4]);", 'libs/testing/src/a.ts'],
    ['comments', " * `outputs: ['y']`", PASS],
  ])('allow %s', (_what, text, path) => {
    expect(problem(text, path)).toBeUndefined();
  });

  it('name file and line', () => {
    expect(spelledNames(PASS, "\nb.input('x', []);")[0]).toMatchObject({ path: PASS, line: 2 });
  });
});
