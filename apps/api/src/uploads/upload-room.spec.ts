import { MAX_MODEL_BYTES } from '#contracts';
import { TooLargeError } from '#storage';
import { assertRoom, modelArchiveRoom, modelRoom, uploadRoom, inRoom } from './upload-room.js';

const GIB = 1024 ** 3;
const OPEN = { maxUploadBytes: 8 * GIB };
const NARROW = { maxUploadBytes: 1000 };

/** A request that announces so many bytes. */
const announcing = (bytes: number, type = 'application/octet-stream') => ({
  headers: { 'content-type': type, 'content-length': String(bytes) },
});
const refusalOf = (act: () => void) => {
  try {
    act();
  } catch (error) {
    return error;
  }
  return null;
};

describe('room for an upload', () => {
  it('of a model is what one model can have, told before anything is read, with a way out', () => {
    expect(refusalOf(() => assertRoom(announcing(MAX_MODEL_BYTES), modelRoom(OPEN)))).toBeNull();
    expect(refusalOf(() => assertRoom(announcing(3e9), modelRoom(OPEN)))).toMatchObject({
      code: 'model_limit',
      message: expect.stringMatching(/^the model has 3\.00 GB .* at most 2\.15 GB .*: export its parts/) as unknown,
    });
    expect(refusalOf(() => assertRoom(announcing(3e9), modelArchiveRoom(OPEN)))).toMatchObject({
      code: 'model_limit',
      message: expect.stringMatching(/^the archive has more than 2\.15 GB .*: leave other files out/) as unknown,
    });
  });

  it('of anything is what the operator allows, a model too where that is less', () => {
    expect(refusalOf(() => assertRoom(announcing(3e9), uploadRoom(OPEN)))).toBeNull();
    for (const room of [uploadRoom(NARROW), modelRoom(NARROW), modelArchiveRoom(NARROW)])
      expect(refusalOf(() => assertRoom(announcing(1001), room))).toMatchObject({
        code: 'artifact_too_large',
        message: expect.stringMatching(/more than the 1000 bytes .*COLDPRESS_MAX_UPLOAD_BYTES/) as unknown,
      });
  });

  it('leaves a form what its boundaries take', () => {
    const form = (bytes: number) => () =>
      assertRoom(announcing(bytes, 'multipart/form-data; boundary=x'), uploadRoom(NARROW));
    expect(refusalOf(form(5000))).toBeNull();
    expect(refusalOf(form(2e6))).not.toBeNull();
  });

  it('is told in its own words where a stream turns out too large', async () => {
    const streamed = Promise.reject(new TooLargeError(12));
    await expect(inRoom(modelRoom(OPEN), streamed)).rejects.toMatchObject({ code: 'model_limit' });
    await expect(inRoom(modelRoom(OPEN), Promise.reject(new Error('disk')))).rejects.toThrow('disk');
    await expect(inRoom(modelRoom(OPEN), Promise.resolve(1))).resolves.toBe(1);
  });
});
