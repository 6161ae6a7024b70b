const { TestEnvironment } = require('jest-environment-node');

/**
 * Node's environment, with the typed arrays of the process itself: Jest gives each test file a realm of its own, and native
 * addons such as onnxruntime-node answer with arrays that `instanceof` would not recognise there.
 */
module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const type of [
      Float32Array,
      Float64Array,
      Int8Array,
      Uint8Array,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      BigInt64Array,
      BigUint64Array,
    ]) {
      this.global[type.name] = type;
    }
  }
};
