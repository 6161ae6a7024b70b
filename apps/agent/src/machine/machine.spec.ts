import { DeviceCondition, DeviceFingerprint, instructionsOf, tellingInstructions } from '#contracts';
import { readCondition } from './condition.js';
import { readFingerprint } from './fingerprint.js';
import { appleInstructions } from './instructions.js';

const RUNTIME = { runtime: 'onnxruntime-node 1.30.0', providers: ['CPUExecutionProvider'] };

it('a machine is the same at every look, and of the form that servers take', () => {
  expect(readFingerprint(RUNTIME)).toEqual(readFingerprint(RUNTIME));
  expect(DeviceFingerprint.parse(readFingerprint(RUNTIME))).toMatchObject({ kind: 'agent', ...RUNTIME });
  expect(DeviceCondition.parse(readCondition())).toBeDefined();
});

it('reads the instructions that decide which kernels run', () => {
  expect(instructionsOf('processor : 0\nflags\t\t: fpu avx2 avx512_vnni\n')).toEqual(['avx2', 'avx512_vnni']);
  expect(instructionsOf('Features\t: fp asimd asimddp i8mm\n')).toEqual(['asimd', 'asimddp', 'i8mm']);
  expect(tellingInstructions('Features\t: fp asimd asimddp i8mm\n')).toEqual(['asimddp', 'i8mm']);
  expect(appleInstructions('hw.optional.arm.FEAT_I8MM: 1\nhw.optional.arm.FEAT_BF16: 0\nhw.optional.x: 1')).toEqual([
    'i8mm',
  ]);
});
