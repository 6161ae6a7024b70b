import type { Encodings, QuantizeOptions, Skipped } from '#contracts';
import type { OutputQuality, Speedup } from '#evaluation';
import type { CalibratedRange } from './calibration/calibrate.js';
import type { MethodChoice } from './calibration/choose-methods.js';
import type { ActivationGrid } from './emit/pairs.js';
import type { WeightReport } from './emit/weight-report.js';
import type { JudgedOn } from './evidence/judged-on.js';
import type { LayerEvidence } from './evidence/layer-evidence.js';
import type { LayerSpeed, ModelTimes } from './evidence/layer-times.js';
import type { WidthChoice } from './mixed/choose-widths.js';
import type { SlowerChoice } from './mixed/slower-choice.js';

/** One quantized layer in the report: a row to which storing, comparing and timing each add their figures. */
export interface LayerReport extends WeightReport, Partial<LayerEvidence>, Partial<LayerSpeed> {
  node: string;
  opType: string;
  input: string;
  /** Of a layer whose weight alone is stored as integers. */
  computesIn?: 'float';
  /** Share of its input's values, 0..1, that the grid clips. */
  inputSaturation?: number;
}

/** One activation grid in the report. */
export interface ActivationReport extends CalibratedRange, ActivationGrid {
  value: string;
}

/** One tensor that scheme float16 stored. */
export interface StoredTensor {
  tensor: string;
  bits: number;
  weightSnrDb: number | null | undefined;
  /**
   * The slice along an axis that keeps the least, where one is poor: its values lie below the range of the format,
   * beside larger ones.
   */
  poorSlice?: { axis: number; index: number; snrDb: number };
}

/** What a scheme did to a plan's model. */
export interface SchemeReport {
  layers: LayerReport[];
  /** From scheme static: the calibrated grids. */
  activations?: ActivationReport[];
  /**
   * From scheme static: how ranges were chosen and whether biases were corrected, and what was tried for it; null where
   * no layer is quantized.
   */
  methods?: MethodChoice | null;
  /** From scheme static: the grids as other quantizers read them. */
  encodings?: Encodings;
  /** From mixed: the widths taken, and what there was to choose from. */
  mixed?: WidthChoice;
  /** From scheme float16: the tensors it stored. */
  tensors?: StoredTensor[];
  skipped: Skipped[];
}

/** What was measured of a result. */
export interface MeasuredResult {
  /** How near each floating-point output comes to the float model's on calibration data; null without data. */
  outputs: OutputQuality[] | null;
  /**
   * The least signal to noise that an output keeps, dB: null when all are identical, undefined when not measured or
   * without value.
   */
  outputSnrDb: number | null | undefined;
  /** The samples that outputs were compared on, and how the least and the most of them came out; null without data. */
  judgedOn: JudgedOn | null;
  /** Time of what belongs to no layer, microseconds, beside the layers' own; null where they have none. */
  otherUs: ModelTimes['other'] | null;
  /** Layers whose stored weight the runtime expands to floats at every run. */
  expanded: string[];
  /** Against the float model, where there was data to run both on. */
  speed: Speedup | null;
}

/** What quantization did and what it is worth, for the report. */
export interface QuantizeReport extends SchemeReport, MeasuredResult {
  /** Whether the machine that measured has int8 dot products (VNNI); null where that is unknown. */
  int8DotProduct: boolean | null;
  warnings: string[];
  verdict: string;
  /** Where layers were left to floats, or might have been: what was measured for it. */
  whereSlower?: SlowerChoice;
  /** Options that a measurement decided: with them the same bytes come out without one. */
  decided?: Partial<QuantizeOptions>;
}
