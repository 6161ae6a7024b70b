import { z } from 'zod';

/** Windows of which the energy of each model is measured. */
const MOST_WINDOWS = 100;
const MOST_JOULES = 1e9;
const MOST_WATTS = 1e6;

/** Where a device reads energy. */
export const EnergyReading = z
  .strictObject({
    name: z.string().min(1).max(200).describe('Such as RAPL package-0: what it counts, not the model alone.'),
    idleWatts: z.number().min(0).max(MOST_WATTS).nullable().describe('Power while nothing was run; null if not read.'),
  })
  .meta({ id: 'EnergyReading' });
export type EnergyReading = z.infer<typeof EnergyReading>;

/** Joules of one run, each the mean of a window of runs of that model alone. */
export const EnergySamples = z.array(z.number().min(0).max(MOST_JOULES)).max(MOST_WINDOWS);

/** The energy of one run of a model. */
export const ModelEnergy = z
  .object({
    joules: z.number().describe('Median over the windows: all that the source counts while the model runs.'),
    low: z.number().describe('The least of the windows.'),
    high: z.number().describe('The most of the windows.'),
    ratio: z
      .number()
      .nullable()
      .describe("Over the baseline's, median of the rounds in which both were run; null of the baseline itself."),
    ratioLow: z
      .number()
      .nullable()
      .optional()
      .describe('Lower end of the 95 % interval of that ratio; null where there were too few rounds for one.'),
    ratioHigh: z.number().nullable().optional(),
  })
  .meta({ id: 'ModelEnergy' });
export type ModelEnergy = z.infer<typeof ModelEnergy>;

/** A ratio of energies with its interval: "0.52 (0.50..0.55)"; null of the baseline. */
export function energyRatioWords({ ratio, ratioLow = null, ratioHigh = null }: ModelEnergy): string | null {
  if (ratio === null) return null;
  const interval = ratioLow === null || ratioHigh === null ? '' : ` (${ratioLow.toFixed(2)}..${ratioHigh.toFixed(2)})`;
  return `${ratio.toFixed(2)}${interval}`;
}

/** What is said where no energy can be read. */
export const NO_ENERGY = 'energy: not measurable here';

const STEPS = [
  { unit: 'J', factor: 1 },
  { unit: 'mJ', factor: 1e3 },
] as const;

/** Energy with its unit: "1.2 J", "3.4 mJ", "870 µJ". */
export function formatJoules(joules: number): string {
  const { unit, factor } = STEPS.find((step) => joules * step.factor >= 1) ?? { unit: 'µJ', factor: 1e6 };
  return `${Number((joules * factor).toPrecision(3))} ${unit}`;
}
