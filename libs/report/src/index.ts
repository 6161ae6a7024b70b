export { buildReport, type Circumstances, type MeasuredStages } from './build.js';
export { MAX_PAGE_BYTES, reportHtml } from './html/page.js';
export { mlperfTiny, type TinyResults } from './mlperf-tiny.js';
export { modelCard } from './model-card.js';
export { qualityRows, type QualityRow } from './quality-rows.js';
export { ReportError } from './errors.js';
export { readReport } from './read.js';
