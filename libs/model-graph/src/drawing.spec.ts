import type { NodeTiming } from '#contracts';
import { alignLayers } from './align.js';
import { drawModel, drawModels, type Drawing } from './drawing.js';
import { edgesOf } from './edges.js';
import { evidenceOf, timingOf } from './evidence.js';
import { lanesOf } from './lanes.js';
import { layerNode } from '#testing';
import { manyLayers } from './layers.fixture.js';
import { layerLabel, layerWords } from './words.js';

const relu = (from: number) => layerNode('act', [from], { opType: 'Relu', elements: 0, bits: null });
const PAIR = {
  before: [layerNode('fc'), layerNode('norm', [0]), relu(1)],
  after: [layerNode('fc', [], { bits: 8, inputBits: 8 }), relu(0)],
};
const STAGES = [
  {
    pass: 'quantize',
    summary: { layers: [{ node: 'fc', outputSnrDb: 31.23 }, { node: 'none' }, null] },
    skipped: [{ node: 'act', reason: 'no weights' }],
  },
  { pass: 'prune', summary: {}, skipped: [{ node: 'act', reason: 'no units' }] },
];
const timed = (name: string, share: number): NodeTiming => ({
  name,
  opType: 'Conv',
  provider: 'CPUExecutionProvider',
  meanUs: 100 * share,
  share,
});
const viewIds = ({ views }: Drawing) => views.map(({ id }) => id);

describe('layers of two models', () => {
  it('stand side by side where they have one name, what one model alone has between them', () => {
    expect(alignLayers(PAIR)).toEqual([[0, 0], [1, null], [2, 1]]); // prettier-ignore
    const swapped = {
      before: ['a', 'b', 'c'].map((name) => layerNode(name)),
      after: ['b', 'a', 'c', 'd'].map((name) => layerNode(name)),
    };
    const rows = alignLayers(swapped);
    expect(rows.filter(([left]) => left !== null)).toHaveLength(3);
    expect(rows.flatMap(([, right]) => right ?? [])).toEqual([0, 1, 2, 3]);
    expect(rows.at(-1)).toEqual([null, 3]);
  });

  it('have one lane on a path, and another for what passes by', () => {
    const from = [[], [0], [1], [0, 2], [3]];
    expect(lanesOf(from.map((sources) => ({ from: sources })))).toEqual([0, 1, 1, 0, 0]);
  });

  it('are joined by lines in rows and lanes', () => {
    const drawing = drawModels(PAIR, evidenceOf([]));
    expect(edgesOf(drawing, 'after')).toEqual([{ from: { row: 0, lane: 0 }, to: { row: 2, lane: 0 } }]);
    expect(edgesOf(drawing, 'before')).toHaveLength(2);
  });
});

describe('what is told of a layer', () => {
  const drawing = drawModels(PAIR, evidenceOf(STAGES));

  it('is its bits, zeros, noise and every reason why a pass left it alone', () => {
    expect(drawing.after.map(layerWords)).toEqual([
      'MatMul fc, weights of 8 bits, 10 % zeros, 31.2 dB, inputs of 8 bits',
      'Relu act, left alone by 1 quantize: no weights; 2 prune: no units',
    ]);
    expect(drawing.before.map(layerWords)[2]).toBe('Relu act');
    expect(layerLabel(drawing.after[0]!, viewIds(drawing).indexOf('snr'))).toBe('MatMul fc · 31.2 dB');
  });

  it('has a colour of the legend, and views that know nothing are named, not shown', () => {
    expect(viewIds(drawing)).toEqual(['bits', 'sparsity', 'snr']);
    expect(drawing.views[0]?.legend[drawing.after[0]?.figures[0]?.shade ?? -1]?.text).toBe('up to 8');
    expect(drawing.notes).toEqual(['Not known of any layer: share of time, execution provider.']);
  });

  it('is where its time went, by the names that the runtime gives to what it fused', () => {
    const samples = { models: [{ digest: 'a', nodes: [timed('fc_nchwc', 0.75), timed('reorder', 0.25)] }] };
    const timing = timingOf('pi', samples as never, { before: 'b', after: 'a' });
    const { after, notes, views } = drawModels(PAIR, evidenceOf(STAGES, timing));
    expect(layerWords(after[0]!)).toMatch(/75 % of the time, 0.075 ms, run by CPU, inputs/);
    expect(views.at(-1)?.legend.map(({ text }) => text)).toEqual(['CPU']);
    expect(notes).toEqual([
      'Times are those of pi. 25.0 % of the time went to nodes that the runtime made and no layer has the name of.',
    ]);
    expect(timingOf('pi', { models: [] }, { before: 'b', after: 'a' })).toBeNull();
  });
});

it('a model alone has a row for each layer', () => {
  const { rows, notes, after } = drawModel(manyLayers(5000));
  expect(rows.slice(0, 2)).toEqual([[null, 0], [null, 1]]); // prettier-ignore
  expect([rows.length, after.length, notes]).toEqual([5000, 5000, []]);
});
