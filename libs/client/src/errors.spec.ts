import { ProblemError } from './errors.js';

const problem = { type: 'urn:x', title: 'The recipe cannot be run', status: 422, code: 'invalid_recipe' };
const [ratio, steps] = [
  { field: 'passes[0].options.ratio', message: 'at most 0.99, got 2' },
  { field: 'passes[0].options.steps', message: 'at least 2, got 0' },
];

describe('problems of the server as messages', () => {
  it('hold a single fault once', () => {
    const detail = `the recipe cannot be run: ${ratio!.field}: ${ratio!.message}`;
    expect(new ProblemError({ ...problem, detail, errors: [ratio!] }).message).toBe(detail);
  });

  it('hold several faults once, a line each', () => {
    const detail = `the recipe cannot be run: ${ratio!.field}: ${ratio!.message}; ${steps!.field}: ${steps!.message}`;
    const expected = `the recipe cannot be run:\n  ${ratio!.field}: ${ratio!.message}\n  ${steps!.field}: ${steps!.message}`;
    expect(new ProblemError({ ...problem, detail, errors: [ratio!, steps!] }).message).toBe(expected);
  });

  it('hold a fault of the whole document without a field', () => {
    expect(
      new ProblemError({ ...problem, detail: 'no.', errors: [{ field: '', message: 'it is empty' }] }).message,
    ).toBe('no.\n  it is empty');
  });
});
