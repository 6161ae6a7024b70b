import { UriError } from './errors.js';
import { fileNameOf, parseUri, siblingUri } from './parse-uri.js';

describe('parseUri', () => {
  it.each([
    ['s3://imports/plain.onnx', { kind: 's3', bucket: 'imports', key: 'plain.onnx' }],
    ['s3://imports/a/100%25.onnx', { kind: 's3', bucket: 'imports', key: 'a/100%.onnx' }],
    ['s3://imports/a%23b%3Fc%20d.onnx', { kind: 's3', bucket: 'imports', key: 'a#b?c d.onnx' }],
    ['s3://imports/na\u00efve%C3%A4.onnx', { kind: 's3', bucket: 'imports', key: 'na\u00efve\u00e4.onnx' }],
    ['S3://imports/x', { kind: 's3', bucket: 'imports', key: 'x' }],
    ['s3://imports', { kind: 's3', bucket: 'imports', key: '' }],
    ['file:///data/my%20net.onnx', { kind: 'file', path: '/data/my net.onnx' }],
    ['file://localhost/data/x', { kind: 'file', path: '/data/x' }],
  ])('reads %s', (uri, parsed) => {
    expect(parseUri(uri)).toEqual(parsed);
  });

  it.each([
    ['a lone percent sign', 's3://imports/100%.onnx', 'write %25'],
    ['bytes that are no UTF-8', 's3://imports/%ff', 'not UTF-8'],
    ['a percent sign in a path', 'file:///data/100%.onnx', 'write %25'],
    ['a version', 's3://imports/plain.onnx?versionId=abc', 'a version of an object cannot be named'],
    ['another query', 's3://imports/plain.onnx?x-id=GetObject', 'write %3F'],
    ['an empty query', 'file:///data/plain.onnx?', 'write %3F'],
    ['a fragment', 's3://imports/a#b.onnx', 'write %23'],
    ['a fragment of a file', 'file:///data/a#b.onnx', 'write %23'],
    ['a port', 's3://imports:9000/plain.onnx', 'no port'],
    ['credentials', 's3://key:secret@imports/plain.onnx', 'no credentials'],
    ['credentials of a file', 'file://me:secret@host/plain.onnx', 'no credentials'],
    ['a host of a file', 'file://data/plain.onnx', '"data" stands where a host would'],
    ['a file without a path', 'file://', 'the path is missing'],
    ['one slash', 'file:/data/x', 'two slashes are missing'],
    ['no slash', 's3:imports/x', 'two slashes are missing'],
    ['no bucket', 's3:///x', 'the bucket is missing'],
    ['a bucket that is none', 's3://My_Bucket/x', 'no name of a bucket'],
    ['a long key', `s3://imports/${'\u65e5'.repeat(342)}`, 'the key has 1026 bytes, S3 allows 1024'],
    ['climbing', 's3://imports/allowed/../secret', '".." are not followed'],
    ['encoded climbing', 'file:///data/%2e%2e/secret', '".." are not followed'],
    ['an encoded slash', 'file:///data/a%2fb', 'no name holds a "/"'],
    ['NUL', 'file:///data/a%00b', 'control character'],
    ['another scheme', 'https://example.com/net.onnx', 'https: cannot be read: give s3://bucket/key or file:///path'],
    ['nonsense', 'nonsense', 'not a URI'],
    ['space before', ' s3://imports/x', 'not a URI'],
  ])('names the part that is not understood: %s', (_what, uri, words) => {
    expect(() => parseUri(uri)).toThrow(UriError);
    expect(() => parseUri(uri)).toThrow(words);
  });

  it('tells nobody the credentials that somebody put into a URI', () => {
    for (const uri of ['s3://AKIA:secret@imports/x', 'https://AKIA:secret@host/x', 'file://AKIA:secret@host/x']) {
      expect(() => parseUri(uri)).toThrow(
        expect.not.objectContaining({ message: expect.stringMatching(/AKIA|secret/) as unknown }) as Error,
      );
    }
  });
});

it('a sibling has the folder of the first and its own name, whatever that holds', () => {
  expect(siblingUri('s3://imports/a%20b/dataset.yaml', '100% #1?.npz')).toBe('s3://imports/a%20b/100%25%20%231%3F.npz');
  expect(fileNameOf(siblingUri('file:///data/dataset.yaml', '100% #1?.npz'))).toBe('100% #1?.npz');
});
