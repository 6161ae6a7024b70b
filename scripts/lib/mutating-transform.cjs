const { createHash } = require('node:crypto');
const swc = require('@swc/jest');

const keyOf = (...texts) => texts.reduce((hash, text) => hash.update(text), createHash('sha256')).digest('hex');
const sourceOf = (source, path) => globalThis.coldpressMutation?.sources.get(path) ?? source;

/** Compiles as Jest does otherwise, but for the files that are other ones in this run; those on the disk stay as they are. */
module.exports = {
  createTransformer(options) {
    const inner = swc.createTransformer(options);
    return {
      ...inner,
      process: (source, path, jest) => inner.process(sourceOf(source, path), path, jest),
      // The configuration differs from mutant to mutant, what is compiled does not.
      getCacheKey: (source, path, jest) =>
        keyOf(inner.getCacheKey(source, path, { ...jest, configString: '' }), sourceOf(source, path)),
    };
  },
};
