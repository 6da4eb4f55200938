// Where a test file runs. Embedded databases are expensive to begin and cheap to empty, so a worker loads PGlite once (its
// WebAssembly is compiled once, and what of it has become fast stays so) and hands emptied engines from one test file to the next.
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { TestEnvironment } = require('jest-environment-node');

const CLOSERS = Symbol.for('gridpass.test.closers');
const ENGINES = Symbol.for('gridpass.test.engines');
const PGLITE = Symbol.for('gridpass.test.pglite');
const ofStore = createRequire(join(__dirname, '..', 'packages', 'store', 'package.json'));

/** Idle engines of this worker, by the image that they were begun from. Where jest runs all in one process, nothing says the end. */
const engines = new Map();
const isWorker = process.send !== undefined;
const closeAll = async (map) => void (await Promise.all([...map.values()].flat().map((engine) => engine.close())));

/** INVARIANT: an open engine keeps the process alive; this is what jest tells a worker when no file is left. */
const END_OF_WORKER = 2;
process.on('message', function end([kind]) {
  if (kind !== END_OF_WORKER) return;
  process.removeListener('message', end);
  void closeAll(engines);
  // Jest gives a worker half a second to go. A worker with nothing left open is done; without this line it would spend that
  // half second on giving back a heap of more than a gigabyte piece by piece, and jest would call it a leak.
  process.once('beforeExit', () => process.exit());
});

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global[CLOSERS] = [];
    this.global[ENGINES] = isWorker ? engines : new Map();
    // Loaded where it is first asked for.
    Object.defineProperty(this.global, PGLITE, { get: () => ofStore('@electric-sql/pglite') });
  }
  /** After the last clean-up of the file's own. */
  async teardown() {
    for (const close of this.global[CLOSERS] ?? []) await close();
    if (!isWorker) await closeAll(this.global[ENGINES]);
    await super.teardown();
  }
};
