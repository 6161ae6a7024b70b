import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Config } from '#contracts';
import { heapFlags } from './heap-flags.js';
import { stageModulePath } from './stage-module.js';

describe('stageModulePath', () => {
  it('finds compiled code beside it that stage processes of the default ceiling accept', () => {
    const { stageMemoryMb } = Config.shape;
    const flags = heapFlags(stageMemoryMb.parse(undefined));
    const tag = execFileSync(process.execPath, [...flags, '-p', "require('node:v8').cachedDataVersionTag()"], {
      env: {},
      encoding: 'utf8',
    }).trim();
    expect(existsSync(join(dirname(stageModulePath()), `main.bundle.cjs.${tag}.cache`))).toBe(true);
  });
});
