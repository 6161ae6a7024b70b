export { drawModel, drawModels, type Drawing, type DrawnLayer } from './drawing.js';
export { edgesOf, type Edge } from './edges.js';
export { evidenceOf, timingOf, type LayerFindings, type Timing } from './evidence.js';
export type { LayerFigure, LegendEntry } from './views.js';
export { layerLabel, layerWords } from './words.js';
