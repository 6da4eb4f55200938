/**
 * Two projects: `unit` runs beside the code with nothing outside the process; `parts` runs against a real PostgreSQL,
 * EVM node, MQTT broker and browser (all from npm packages), which its tests start through @gridpass/testkit.
 * Tests read the packages' sources, so that they need no build.
 */
const base = {
  rootDir: import.meta.dirname,
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: '<rootDir>/test/environment.cjs',
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } }] },
  moduleNameMapper: {
    '^@gridpass/([a-z-]+)$': ['<rootDir>/packages/$1/src/index.ts', '<rootDir>/agents/$1/src/index.ts'],
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@electric-sql/pglite$': '<rootDir>/test/pglite.cjs',
  },
  modulePathIgnorePatterns: ['/dist/'],
  setupFilesAfterEnv: [],
};

export default {
  maxWorkers: 2,
  globalSetup: '<rootDir>/test/global-setup.mjs',
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{packages,agents}/*/src/**/__tests__/*.test.ts',
        '<rootDir>/test/{arch,refusals,decisions,vectors,docs,fuzz,faults,compat,bench}/**/*.test.ts',
      ],
      testPathIgnorePatterns: ['/node_modules/', '/dist/', '\\.parts\\.test\\.ts$'],
    },
    {
      ...base,
      displayName: 'parts',
      testMatch: ['<rootDir>/{packages,agents}/*/src/**/__tests__/*.parts.test.ts', '<rootDir>/test/e2e/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '/dist/', '<rootDir>/test/e2e/06-apart/'],
    },
  ],
  // For what hangs. No test proves a duration: a machine that is busy with other things takes minutes for what takes it seconds alone.
  testTimeout: 300_000,
};
