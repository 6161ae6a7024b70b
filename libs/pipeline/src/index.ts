export * from './canonical-json.js';
export * from './errors.js';
export * from './gates.js';
export * from './plan.js';
export * from './recipe.js';
export * from './report.js';
export * from './stage-key.js';
export * from './state.js';
