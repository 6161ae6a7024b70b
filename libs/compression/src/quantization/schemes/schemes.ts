import type { QuantizeOptions } from '#contracts';
import { dynamicScheme } from './dynamic.js';
import { float16Scheme } from './float16.js';
import type { Scheme } from './scheme.js';
import { staticScheme } from './static.js';
import { weightOnlyScheme } from './weight-only.js';

/** Every scheme by name; one of the options without its line here does not compile. */
export const SCHEMES: Record<QuantizeOptions['scheme'], Scheme> = {
  static: staticScheme,
  dynamic: dynamicScheme,
  weightOnly: weightOnlyScheme,
  float16: float16Scheme,
};
