import { Module } from '@nestjs/common';
import { BenchmarkFanOut } from '../devices/benchmark-fan-out.js';
import { CheckpointStore } from './checkpoint-store.js';
import { FileCache } from './file-cache.js';
import { ResultCache } from './result-cache.js';
import { StageComputation } from './stage-computation.js';
import { ModelFigures } from './model-figures.js';
import { StageFolders } from './stage-folders.js';
import { StageGates } from './stage-gates.js';
import { FetchedInputs } from './stage-inputs.js';
import { StageOutputs } from './stage-outputs.js';
import { StagePool } from './stage-pool.js';
import { StageProcessor } from './stage.processor.js';
import { StageReporters } from './stage-reporter.js';
import { TransferSizes } from './transfer-sizes.js';

/** Runs stages; others may use its processes, its folders and what it knows of files. */
@Module({
  providers: [
    BenchmarkFanOut,
    CheckpointStore,
    FileCache,
    ModelFigures,
    ResultCache,
    StageComputation,
    StageFolders,
    StageGates,
    FetchedInputs,
    StageOutputs,
    StagePool,
    StageProcessor,
    StageReporters,
    TransferSizes,
  ],
  exports: [CheckpointStore, FileCache, ModelFigures, StageFolders, StagePool, TransferSizes],
})
export class StagesModule {}
