import { APPS, LIBRARIES, violations } from '../scripts/lib/import-rules.mjs';

const problem = (path: string, text: string): string | undefined => violations(path, text)[0]?.problem;

describe('the import rules', () => {
  it.each([
    ['a library above', 'libs/onnx/src/a.ts', `import { run } from '#inference';`],
    ['a library beside', 'libs/storage/src/a.ts', `export * from '#database';`],
    ['compression in the API', 'apps/api/src/a.ts', `import { quantize } from '#compression';`],
    ['native code in the API', 'apps/api/src/a.ts', `const inference = await import('#inference');`],
    ['a type of a library above', 'libs/onnx/src/a.ts', `import type { Session } from '#inference';`],
    ['a deep import', 'apps/worker/src/a.ts', `import { Graph } from '#onnx${'/src/graph.js'}';`],
    [
      'a relative path into another library',
      'libs/onnx/src/a.ts',
      `import { Recipe } from '../../contracts/src/recipe.js';`,
    ],
    ['a relative path into another app', 'apps/api/src/a.ts', `import { work } from '../../worker/src/main.js';`],
    ['itself by name', 'libs/onnx/src/a.ts', `import { Graph } from '#onnx';`],
    ['testing in the product', 'libs/onnx/src/a.ts', `import { gradientErrors } from '#testing';`],
    ['Nest in a library', 'libs/queue/src/a.ts', `import { Module } from '@nestjs/common';`],
    ['BullMQ outside the queue', 'libs/pipeline/src/a.ts', `import { Queue } from 'bullmq';`],
    [
      'the runtime outside inference',
      'libs/evaluation/src/a.ts',
      `import { InferenceSession } from 'onnxruntime-node';`,
    ],
    ['anything but zod in contracts', 'libs/contracts/src/a.ts', `import YAML from 'yaml';`],
    ['Node in contracts, which the page loads', 'libs/contracts/src/a.ts', `import { join } from 'node:path';`],
    [
      'an engine above',
      'libs/compression/src/training/a.ts',
      `import { teach } from '../distillation/distillation.js';`,
    ],
    [
      'the engine beside',
      'libs/compression/src/pruning/channels/a.ts',
      `import type { Layer } from '../../quantization/layers/layers.js';`,
    ],
    ['a pass in an engine', 'libs/compression/src/pruning/a.ts', `import { prune } from '../passes/prune/prune.js';`],
    ['another pass', 'libs/compression/src/passes/prune/a.ts', `import { distill } from '../distill/distill.js';`],
    [
      'an engine without an entry',
      'libs/compression/src/unheard/a.ts',
      `import { readPass } from '../passes/prune/a.js';`,
    ],
    ['anything in a room without an entry', 'libs/unheard/src/a.ts', `import { Recipe } from '#contracts';`],
  ])('refuse %s', (_what, path, text) => {
    expect(problem(path, text)).toBeDefined();
  });

  it.each([
    ['what the table allows', 'libs/compression/src/a.ts', `import { Graph } from '#onnx';\nimport { z } from 'zod';`],
    ['a file of the same library', 'libs/onnx/src/rules/a.ts', `import { Graph } from '../graph.js';`],
    [
      'the runtime as the oracle of a test',
      'libs/autodiff/src/a.spec.ts',
      `import { Session } from '#inference';\nimport { gradientErrors } from '#testing';`,
    ],
    [
      'an engine below',
      'libs/compression/src/passes/prune/a.ts',
      `import { distillation } from '../../distillation/distillation.js';`,
    ],
    [
      'what lies above the engines',
      'libs/compression/src/rewrites/a.ts',
      `import { nodeLabel } from '../name-pattern.js';`,
    ],
    ['Nest in an app', 'apps/api/src/a.ts', `import { Module } from '@nestjs/common';`],
  ])('allow %s', (_what, path, text) => {
    expect(problem(path, text)).toBeUndefined();
  });

  it('names file and line', () => {
    expect(violations('libs/onnx/src/a.ts', `\nimport { run } from '#inference';`)[0]).toMatchObject({
      path: 'libs/onnx/src/a.ts',
      line: 2,
      specifier: '#inference',
    });
  });

  it('leave no way round in a circle', () => {
    const isBuilt = new Set<string>();
    const waiting = new Map(Object.entries(LIBRARIES));
    for (let before = -1; waiting.size !== before;) {
      before = waiting.size;
      for (const [library, needs] of waiting)
        if (needs.every((need) => isBuilt.has(need)) && isBuilt.add(library)) waiting.delete(library);
    }
    expect([...waiting.keys()]).toEqual([]);
    expect(
      Object.values(APPS)
        .flat()
        .every((library) => library in LIBRARIES),
    ).toBe(true);
  });
});
