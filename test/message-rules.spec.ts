import { spreadMessages } from '../scripts/lib/message-rules.mjs';

const PATH = 'libs/onnx/src/graph.ts';

describe('the rule against spreads of messages', () => {
  it.each(['{ ...node, input: [x] }', 'add({ ...tensor, name: fresh })', '{ ...firstNode, output }'])(
    'finds %s',
    (code) => {
      expect(spreadMessages(PATH, `const a = 1;\n${code};`)).toMatchObject([{ path: PATH, line: 2 }]);
      expect(spreadMessages('apps/api/src/main.ts', code)).toEqual([]);
    },
  );

  it.each(['changed(node, { input: [x] })', '{ ...tensor, dims, data }', '{ ...options, name }'])(
    'lets %s be',
    (code) => expect(spreadMessages(PATH, code)).toEqual([]),
  );
});
