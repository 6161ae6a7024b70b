import type { MetricsOf, TaskName } from '#contracts';
import { anomalyArea } from './anomaly/area.js';
import { anomaly, type AnomalyEvidence } from './anomaly/evidence.js';
import { auroc } from './classification/auroc.js';
import { calibrationError } from './classification/calibration-error.js';
import { classification } from './classification/evidence.js';
import type { ClassEvidence } from './classification/class-evidence.js';
import { macroF1 } from './classification/macro-f1.js';
import { topK } from './classification/top-k.js';
import { detection, type DetectionEvidence } from './detection/evidence.js';
import { COCO_THRESHOLDS, meanAveragePrecision } from './detection/mean-average-precision.js';
import { meanCosine } from './embedding/cosine.js';
import { equalErrorRate } from './embedding/equal-error-rate.js';
import { embedding, type VectorEvidence } from './embedding/evidence.js';
import { recallAt } from './embedding/recall.js';
import { regression, type ErrorEvidence } from './regression/evidence.js';
import { mae } from './regression/mae.js';
import { rmse } from './regression/rmse.js';
import { segmentation, type PixelEvidence } from './segmentation/evidence.js';
import { meanIou } from './segmentation/mean-iou.js';
import { errorRate, meanEdits } from './sequence/error-rate.js';
import { sequence, type EditEvidence } from './sequence/evidence.js';
import type { Measure, TaskOptions, TaskReader } from './task.js';
import { wakeWord, type HeardEvidence } from './wake-word/evidence.js';
import { falseAccepts, falseRejects } from './wake-word/false-alarms.js';

/** What each task keeps of a model's answers. */
export interface Evidences {
  classification: ClassEvidence;
  regression: ErrorEvidence;
  detection: DetectionEvidence;
  segmentation: PixelEvidence;
  sequence: EditEvidence;
  embedding: VectorEvidence;
  wakeWord: HeardEvidence;
  anomaly: AnomalyEvidence;
}

/** How each task reads models. A task of the table in contracts without its line does not compile. */
export const READERS: { [T in TaskName]: TaskReader<Evidences[T]> } = {
  classification,
  regression,
  detection,
  segmentation,
  sequence,
  embedding,
  wakeWord,
  anomaly,
};

/** Bins of confidence where the options say nothing. */
const DEFAULT_BINS = 15;

/** What measures each metric of each task. One of the table in contracts without its line does not compile. */
export function measuresFor<T extends TaskName>(
  task: T,
  options: TaskOptions,
): Record<MetricsOf<T>, Measure<Evidences[T]>> {
  return MEASURES[task](options) as Record<MetricsOf<T>, Measure<Evidences[T]>>;
}

type Measures = { [T in TaskName]: (options: TaskOptions) => Record<MetricsOf<T>, Measure<Evidences[T]>> };

const MEASURES: Measures = {
  classification: (options) => ({
    top1: topK(1),
    top5: topK(5),
    macroF1,
    auroc,
    calibrationError: calibrationError(options.classification?.bins ?? DEFAULT_BINS),
  }),
  regression: () => ({ mae, rmse }),
  detection: () => ({ map50: meanAveragePrecision([0.5]), map: meanAveragePrecision(COCO_THRESHOLDS) }),
  segmentation: () => ({ miou: meanIou }),
  sequence: () => ({ cer: errorRate, editDistance: meanEdits }),
  embedding: () => ({ recallAt1: recallAt(1), recallAt5: recallAt(5), eer: equalErrorRate, cosine: meanCosine }),
  wakeWord: () => ({ falseAcceptsPerHour: falseAccepts, falseRejects }),
  anomaly: () => ({ anomalyAuc: anomalyArea }),
};
