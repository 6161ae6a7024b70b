const { createHash } = require('node:crypto');
const swc = require('@swc/jest');

const keyOf = (...texts) => texts.reduce((hash, text) => hash.update(text), createHash('sha256')).digest('hex');

/** Compiles as Jest does otherwise, but for the one file that is a mutant in this run; the file on the disk stays as it is. */
module.exports = {
  createTransformer(options) {
    const inner = swc.createTransformer(options);
    const mutantOf = (source, path) => {
      const mutant = globalThis.coldpressMutant;
      return mutant?.path === path ? source.slice(0, mutant.start) + mutant.text + source.slice(mutant.end) : source;
    };
    return {
      ...inner,
      process: (source, path, jest) => inner.process(mutantOf(source, path), path, jest),
      // The configuration differs from mutant to mutant, what is compiled does not.
      getCacheKey: (source, path, jest) =>
        keyOf(inner.getCacheKey(source, path, { ...jest, configString: '' }), mutantOf(source, path)),
    };
  },
};
