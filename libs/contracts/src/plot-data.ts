import { z } from 'zod';

/**
 * What a plot shows, as JSON in the `metadata` element of its SVG document: for tables, spreadsheets and who cannot see
 * it. A row for each mark; null where a value is not finite.
 */
export const PlotData = z.object({
  columns: z.array(z.string()),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
});
export type PlotData = z.infer<typeof PlotData>;
