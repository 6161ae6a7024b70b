import { InvalidArgumentError } from 'commander';

/** A count that an option has. Throws what commander tells of an option that is wrong. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
