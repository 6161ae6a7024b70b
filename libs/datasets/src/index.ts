export { Dataset, openDataset, type Batch, type BatchOptions } from './dataset.js';
export { datasetDigest } from './digest.js';
export { DatasetError, type DatasetErrorCode, type DatasetProblem } from './errors.js';
export { inspectDataset, matchInputs } from './inspect.js';
export { MANIFEST_FILES, manifestFiles, parseManifest, readManifest } from './manifest.js';
export { writeNpy } from './npy.js';
export { preparePreprocessing, type Preprocessing, type SampleType } from './preprocess.js';
export { writeNpz, type NpzArray } from './write-npz.js';
export { mulberry32, shuffledIndices } from './random.js';
