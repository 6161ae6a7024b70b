import { METRIC_NAMES, METRICS } from './metric-table.js';
import { ModelMetrics, StageMetrics } from './metrics.js';

const least = { bytes: 1, compressedBytes: 1, parameters: 1, nonZeros: 1 };

describe('the table of metrics', () => {
  it('decides what answers hold: each figure by its unit, absent where a model need not have it', () => {
    expect(ModelMetrics.parse({ ...least, outputSnrDb: null, top1: 0.5 })).toEqual({
      ...least,
      outputSnrDb: null,
      top1: 0.5,
    });
    expect(ModelMetrics.safeParse({ ...least, top1: 1.5 }).success).toBe(false);
    expect(ModelMetrics.safeParse({ ...least, bytes: 1.5 }).success).toBe(false);
    expect(ModelMetrics.safeParse({ ...least, latencyMsP50: null }).success).toBe(false);
    for (const name of METRIC_NAMES) {
      const { [name]: _, ...without } = { ...least } as Record<string, unknown>;
      expect(ModelMetrics.safeParse(without).success).toBe(!('always' in METRICS[name]));
    }
  });

  it('lets no figure be dropped in silence: one that it lacks is refused', () => {
    expect(ModelMetrics.safeParse({ ...least, top9: 0.5 })).toMatchObject({
      success: false,
      error: { issues: [{ keys: ['top9'] }] },
    });
    expect(StageMetrics.safeParse({ ...least, top9: 0.5 }).success).toBe(false);
  });
});
