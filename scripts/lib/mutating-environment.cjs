const Environment = require('../../test/native-arrays-environment.cjs');

/** Not within a test: while a spec is loaded, and around its tests. */
const OUTSIDE = -1;

/**
 * The environment of tests, which notes what places each test reaches; where only some tests are asked for it leaves
 * out the others, and the rest of a spec once one of them has failed.
 */
module.exports = class extends Environment {
  constructor(config, context) {
    super(config, context);
    const { onSpec, reached, tests } = globalThis.coldpressMutation;
    const found = new Map();
    reached.set(context.testPath, found);
    this.tests = tests.get(context.testPath);
    this.begun = 0;
    this.current = OUTSIDE;
    this.global.coldpressReached = (index) => found.set(index, (found.get(index) ?? new Set()).add(this.current));
    onSpec(context.testPath);
  }

  async teardown() {
    globalThis.coldpressMutation.onSpecEnd();
    await super.teardown();
  }

  async handleTestEvent({ name, test }) {
    if (name === 'test_start') this.begin(test);
    if (name === 'test_done' && test.errors.length > 0) this.hasFailed = true;
    if (name === 'test_done' || name === 'test_skip') this.current = OUTSIDE;
  }

  /** `tests` is undefined where all are run, else the numbers of those that are, and empty for all up to one that fails. */
  begin(test) {
    this.current = this.begun++;
    if (this.tests === undefined) return;
    const isAsked = this.tests.length === 0 || this.tests.includes(this.current);
    if (!isAsked || this.hasFailed) test.mode = 'skip';
  }
};
