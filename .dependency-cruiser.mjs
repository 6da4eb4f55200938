// The layers of docs/architecture.md as rules. A package imports lower layers through their index.ts alone.
const layers = [
  ['core', 'codec', 'identifiers'],
  ['keys', 'schema', 'net', 'config', 'store'],
  ['did', 'suite', 'status', 'trust', 'policy', 'audit', 'ledger', 'exchange'],
  ['issue', 'hold', 'verify'],
  ['gate', 'veramo'],
  ['program'],
];
const within = { codec: ['core'], identifiers: ['core'], policy: ['core', 'codec'] };
const source = (name) => `^packages/${name}/src/`;
const tests = '/__tests__/';

/** What a package may import: everything in lower layers, or exactly its entry in `within`. */
const layerRules = layers.flatMap((names, depth) =>
  names.map((name) => {
    const lower = name === 'policy' ? within.policy : [...layers.slice(0, depth).flat(), ...(within[name] ?? [])];
    const others = layers.flat().filter((other) => other !== name && !lower.includes(other));
    return {
      name: `layer-${name}`,
      comment: `${name} may import ${lower.join(', ') || 'nothing'}; move the code down a layer or pass it in as a port`,
      severity: 'error',
      from: { path: source(name), pathNot: tests },
      to: { path: others.map(source).join('|') || '^$' },
    };
  }),
);

/** Heavy or dangerous libraries have one importer each. */
const only = (name, npm, importers, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^(packages|agents)/', pathNot: [...importers.map((i) => `^${i}/(src|scripts)/`), tests] },
  to: { path: `node_modules/(${npm})/` },
});

export default {
  forbidden: [
    ...layerRules,
    { name: 'no-circular', comment: 'break the circle with a port', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'front-door-only',
      comment: 'import another package through its index.ts: @gridpass/<name>',
      severity: 'error',
      from: { path: '^(packages|agents)/([^/]+)/' },
      to: { path: '^(packages|agents)/[^/]+/src/', pathNot: ['^$1/$2/', '^(packages|agents)/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'agents-apart',
      comment: 'programs do not import each other; society alone composes them',
      severity: 'error',
      from: { path: '^agents/([^/]+)/', pathNot: '^agents/society/' },
      to: { path: '^agents/', pathNot: '^agents/$1/' },
    },
    {
      name: 'not-to-agents',
      comment: 'packages know no program',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^agents/' },
    },
    {
      name: 'lines-end-at-a-line-feed',
      comment: 'readline ends lines at U+2028 and U+2029 too; toLines of codec does not',
      severity: 'error',
      from: { path: '^(packages|agents)/' },
      to: { path: '^(node:)?readline$' },
    },
    {
      name: 'testkit-only-from-tests',
      comment: 'the testkit never ships',
      severity: 'error',
      from: { path: '^(packages|agents)/', pathNot: [tests, '^packages/testkit/'] },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'core-is-pure',
      comment: 'core imports nothing',
      severity: 'error',
      from: { path: source('core'), pathNot: tests },
      to: { pathNot: '^packages/core/' },
    },
    {
      name: 'policy-is-pure',
      comment: 'policy reads facts and asks Cedar; no built-ins, no clock, no network',
      severity: 'error',
      from: { path: source('policy'), pathNot: tests },
      to: { pathNot: '^packages/(core|codec|policy)/|node_modules/@cedar-policy/' },
    },
    only('koa-only-in-gate', '@?koa', ['packages/gate', 'agents/[^/]+'], 'HTTP belongs to gate and the programs'),
    only('veramo-only-in-veramo', '@veramo', ['packages/veramo'], 'wire Veramo in packages/veramo'),
    only('crypto-only-in-keys', 'secp256k1|@noble', ['packages/keys'], 'sign and verify through @gridpass/keys'),
    only(
      'database-only-in-store',
      'pg|kysely|@electric-sql',
      ['packages/store', 'packages/testkit'],
      'write a repository in packages/store',
    ),
    only(
      'chain-only-in-ledger',
      'ethers|ethr-did-registry',
      ['packages/did', 'packages/ledger', 'packages/veramo', 'agents/ledger-gate'],
      'use @gridpass/ledger',
    ),
    { name: 'not-to-unresolvable', comment: 'declare the dependency', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/|/node_modules/.*/node_modules/' },
    tsConfig: { fileName: 'tsconfig.base.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
