// What tests get for '@electric-sql/pglite': what their worker has loaded already (test/environment.cjs).
module.exports = globalThis[Symbol.for('gridpass.test.pglite')];
