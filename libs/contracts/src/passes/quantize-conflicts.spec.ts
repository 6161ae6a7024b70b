import { PASSES } from './index.js';
import { QuantizeOptions } from './quantize.js';

const fieldsOf = (options: object) =>
  QuantizeOptions.safeParse(options).error?.issues.map(({ path }) => path.join('.')) ?? [];
const MIXED = { mixed: { bytes: 0.2 } };

describe('options of quantize for layers that int8 makes slower', () => {
  it.each([
    ['weightsOnly', { weightsOnly: ['fc'], scheme: 'dynamic' }],
    ['weightsOnly', { weightsOnly: ['fc'], scheme: 'weightOnly' }],
    ['whereSlower', { whereSlower: 'auto', scheme: 'weightOnly' }],
    ['whereSlower', { whereSlower: 'auto', ...MIXED }],
    ['whereSlower', { whereSlower: 'float', ...MIXED }],
  ])('that would go unheeded are refused when they are read: %s', (field, options) => {
    expect(fieldsOf(options)).toEqual([field]);
  });

  it.each<object>([{}, { whereSlower: 'int8', ...MIXED }, { whereSlower: 'auto' }, { weightsOnly: ['fc'], ...MIXED }])(
    'that go together are taken: %j',
    (options) => {
      expect(fieldsOf(options)).toEqual([]);
    },
  );

  it('ask no clock unless they are given, so that results of a stage hold for every machine', () => {
    const readsMachine = (options: object) => {
      const { reads } = PASSES.quantize;
      return reads(QuantizeOptions.parse(options)).machine;
    };
    expect([{}, { whereSlower: 'auto' }, { whereSlower: 'weightsOnly' }].map(readsMachine)).toEqual([
      false,
      true,
      true,
    ]);
  });
});
