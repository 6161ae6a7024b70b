import {
  viewOf,
  withBound,
  withMovedStep,
  withNewBound,
  withObjectives,
  withoutBound,
  withoutStep,
  withStep,
  withValue,
} from './recipe-text.js';

const TEXT = `# mine
passes:
  - pass: quantize # weights first
    options: { weightBits: 4 }
  - pass: evaluate
gates:
  - { metric: bytes, maxRatio: 0.1 }
`;

describe('the text behind the form of a recipe', () => {
  it('says of a gate over a device, or a figure of one’s own, what it is over', () => {
    const gates = ['{ device: pi, metric: p50Ms, max: 2 }', '{ device: { tag: arm }, metric: speedup, min: 1 }'];
    const text = `passes: []\ngates: [${[...gates, '{ custom: margin, min: 1 }'].join(', ')}]`;
    expect(viewOf(text).gates.map(({ subject }) => subject)).toEqual(['p50Ms on pi', 'speedup on tag arm', 'margin']);
  });

  it('is read as steps, gates and what keeps it from being shown', () => {
    expect(viewOf(TEXT)).toEqual({
      steps: [
        { pass: 'quantize', options: { weightBits: 4 } },
        { pass: 'evaluate', options: {} },
      ],
      isSweep: false,
      gates: [{ list: 'gates', at: 0, metric: 'bytes', kind: 'maxRatio', value: 0.1 }],
      objectives: [],
      limits: {},
      warmStart: [],
      problem: null,
    });
    expect(viewOf('passes: [').problem).toMatch(/Flow sequence/);
    expect(viewOf('a: 1').problem).toBe('it has no list “passes”');
  });

  it('keeps comments and all else where one value changes', () => {
    expect(withValue(TEXT, ['passes', 0, 'options', 'samples'], 64)).toBe(
      TEXT.replace('{ weightBits: 4 }', '{ weightBits: 4, samples: 64 }'),
    );
    expect(withValue(TEXT, ['passes', 0, 'options', 'weightBits'], undefined)).toBe(
      TEXT.replace('    options: { weightBits: 4 }\n', ''),
    );
  });

  it('holds what a sweep begins with, and no more once it is a recipe again', () => {
    const text = withValue(
      'passes: [{ pass: prune, options: { ratio: { grid: [0.1, 0.2] } } }]\n',
      ['warmStart'],
      ['a'],
    );
    expect(viewOf(text).warmStart).toEqual(['a']);
    expect(withValue(text, ['passes', 0, 'options', 'ratio'], 0.1)).not.toContain('warmStart');
  });

  it('keeps the device and the direction of an objective when another is set', () => {
    const text =
      'passes: [{ pass: prune, options: { ratio: { grid: [0.1, 0.2] } } }]\n' +
      'objectives: [{ metric: bytes }, { device: pi, metric: p95Ms, direction: minimize }]\n';
    const { objectives } = viewOf(text);
    expect(objectives).toEqual(['bytes', 'p95Ms on pi']);
    const changed = withObjectives(text, ['top1', 'p95Ms on pi']);
    expect(changed).toContain('top1');
    expect(changed).toContain('device: pi');
  });

  it('becomes a sweep with the first range, its gates constraints, and a recipe again without one', () => {
    const sweep = withValue(TEXT, ['passes', 0, 'options', 'weightBits'], { grid: [8, 4] });
    expect(viewOf(sweep)).toMatchObject({
      isSweep: true,
      gates: [{ list: 'constraints', at: 0, metric: 'bytes', kind: 'maxRatio', value: 0.1 }],
      objectives: ['compressedBytes', 'outputSnrDb'],
    });
    expect(sweep).toContain('constraints:');
    expect(sweep).not.toContain('gates:');
    const back = withValue(sweep, ['passes', 0, 'options', 'weightBits'], 4);
    expect(viewOf(back)).toEqual(viewOf(TEXT));
  });

  it('stays a sweep while a step is optional or the order is open', () => {
    const sweep =
      'passes:\n  - pass: quantize\n  - { pass: distill, optional: true }\nobjectives:\n  - metric: bytes\n';
    const edited = withValue(sweep, ['passes', 0, 'options', 'samples'], 64);
    expect(viewOf(edited)).toMatchObject({ isSweep: true, objectives: ['bytes'] });
    expect(viewOf('passes: [{ pass: prune }]\norders: [[prune]]').isSweep).toBe(true);
  });

  it('is told where it refers to nothing', () => {
    expect(viewOf('passes: [*nowhere]').problem).toMatch(/nowhere/);
  });

  it('gains, loses and moves steps and gates', () => {
    const passes = (text: string) => viewOf(text).steps.map(({ pass }) => pass);
    expect(passes(withStep(TEXT, 'prune'))).toEqual(['quantize', 'evaluate', 'prune']);
    expect(passes(withoutStep(TEXT, 0))).toEqual(['evaluate']);
    expect(passes(withMovedStep(TEXT, 1, -1))).toEqual(['evaluate', 'quantize']);
    expect(withMovedStep(TEXT, 0, -1)).toBe(TEXT);
  });

  it('changes one bound of a gate and leaves what else it says', () => {
    const text = TEXT.replace('maxRatio: 0.1', 'maxRatio: 0.1, max: 5, warn: true');
    const [high, ratio] = viewOf(text).gates;
    if (!high || !ratio) throw new Error('two bounds are read');
    expect(withBound(text, ratio, { value: 0.2 })).toBe(text.replace('0.1', '0.2'));
    expect(withBound(text, ratio, { kind: 'min' })).toContain('{ metric: bytes, max: 5, warn: true, min: 0.1 }');
    expect(withoutBound(text, high)).toContain('{ metric: bytes, maxRatio: 0.1, warn: true }');
    expect(withoutBound(TEXT, { ...ratio, at: 0 })).not.toContain('gates');
    expect(viewOf(withNewBound(TEXT, 'gates')).gates.map(({ at }) => at)).toEqual([0, 1]);
  });
});
