import { PASSES } from '#contracts';
import { findPass, passInfos } from './pass-infos.js';

describe('what a client may know of the passes', () => {
  it('is a line for each pass of the table', () => {
    expect(passInfos().map(({ name }) => name)).toEqual(Object.keys(PASSES));
  });

  it('says of its options what may be sent: one with a default may be left out', () => {
    for (const { name, options } of passInfos()) {
      expect(options).toMatchObject({ type: 'object' });
      const { properties = {}, required = [] } = options as {
        properties?: Record<string, object>;
        required?: string[];
      };
      for (const field of required) expect({ name, field, has: properties[field] }).not.toHaveProperty('has.default');
    }
  });

  it('is found by the name of a pass, and the nearest is told for one that is none', () => {
    expect(findPass('quantize').version).toBe(PASSES.quantize.version);
    expect(() => findPass('quantise')).toThrow(/no pass "quantise".*quantize/);
  });
});
