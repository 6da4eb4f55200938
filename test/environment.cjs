// Where a test file runs. What the test kit keeps open from one test to the next (engines of embedded databases) is closed when
// the file is through, after the last of its own clean-up; a database left open keeps the process alive.
const { TestEnvironment } = require('jest-environment-node');

const CLOSERS = Symbol.for('gridpass.test.closers');

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global[CLOSERS] = [];
  }
  async teardown() {
    for (const close of this.global[CLOSERS] ?? []) await close();
    await super.teardown();
  }
};
