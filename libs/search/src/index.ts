export * from './errors.js';
export { dominates, dominatesConstrained, nonDominatedRanks, violation, type Outcome } from './fronts/dominance.js';
export { paretoFront } from './fronts/front.js';
export { contributions, greedySubset, hypervolume } from './fronts/hypervolume.js';
export { History, referenceOf } from './history/history.js';
export { isComplete, type CompleteTrial, type SampledTrial, type SampledState } from './history/trial.js';
export { parameterImportance, type ScoredAssignment } from './importance/parameter-importance.js';
export {
  evaluateOptions as evaluateModel,
  type CostModel,
  type ModelPoint,
  type Coupling,
  type PartOption,
} from './model/cost-model.js';
export { modelFront } from './model/model-front.js';
export { modelSampler, type ModelSamplerOptions } from './model/model-sampler.js';
export { autoSampler } from './samplers/auto-sampler.js';
export { gpSampler, type GpOptions } from './samplers/gp-sampler.js';
export { gridSampler } from './samplers/grid-sampler.js';
export { nsga2Sampler } from './samplers/nsga2-sampler.js';
export { randomSampler } from './samplers/random-sampler.js';
export type { Sampler } from './samplers/sampler.js';
export { sobolSampler } from './samplers/sobol-sampler.js';
export { tpeSampler, type TpeOptions } from './samplers/tpe-sampler.js';
export type {
  ParameterValues,
  ChoiceParameter,
  Condition,
  Parameter,
  RealParameter,
  Value,
} from './space/parameter.js';
export { cardinality, valueAt } from './space/parameter.js';
export { assignmentKey, Space } from './space/space.js';
export { Study, type Ending } from './study.js';
export {
  asha,
  MEDIAN_OTHERS,
  medianRule,
  type AshaOptions,
  type Curve,
  type MedianRuleOptions,
  type StoppingCriterion,
} from './stopping/stopping.js';
