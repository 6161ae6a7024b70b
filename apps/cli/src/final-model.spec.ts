import type { Job } from '#contracts';
import { finalModel } from './final-model.js';

const stage = (modelDigest: string | null, ...names: string[]) => ({
  modelDigest,
  artifacts: names.map((name) => ({ name, digest: `digest of ${name}` })),
});
const left = (...stages: ReturnType<typeof stage>[]) =>
  finalModel({ modelId: 'input', stages } as unknown as Pick<Job, 'modelId' | 'stages'>);

describe('the model that a job leaves', () => {
  it('is that of the last pass that has one', () => {
    expect(left(stage('pruned'), stage('quantized'), stage(null))).toEqual({
      digest: 'quantized',
      isChanged: true,
      name: 'model.onnx',
    });
  });

  it('is the input where no pass changed it', () => {
    expect(left(stage('input'), stage(null))).toMatchObject({ digest: 'input', isChanged: false });
    expect(left()).toMatchObject({ digest: 'input', isChanged: false });
  });

  it.each(['exported.ort', 'exported.onnx'])('is what was exported for the device, under its name %s', (name) => {
    const found = left(stage('quantized', 'report.json'), stage('quantized', name), stage(null, 'figures.json'));
    expect(found).toEqual({ digest: `digest of ${name}`, isChanged: true, name });
  });

  it('is no other file of a pass', () => {
    expect(left(stage('input', 'exported.onnx.json', 'not-exported.onnx')).isChanged).toBe(false);
  });
});
