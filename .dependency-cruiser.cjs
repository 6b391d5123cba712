/** The rooms of the house and what each may import; design: docs/architecture.md. */
const rooms = {
  contracts: [],
  playbooks: ['contracts'],
  obligations: ['contracts'],
  workflows: ['contracts'],
  ledger: ['contracts'],
  activities: ['contracts', 'ledger', 'obligations'],
  gateway: ['contracts', 'playbooks', 'ledger'],
  cli: ['contracts', 'playbooks', 'obligations'],
};

const onlyImports = Object.entries(rooms).map(([room, allowed]) => ({
  name: `room-${room}`,
  comment: `${room}/ may import ${allowed.length ? allowed.map((name) => `${name}/`).join(', ') : 'no other room'}.`,
  severity: 'error',
  from: { path: `^${room}/` },
  to: {
    pathNot: `^(node_modules/|${[room, ...allowed].map((name) => `${name}/`).join('|')})|^[a-z_:/]+$`,
    dependencyTypesNot: ['core', 'type-only'],
  },
}));

module.exports = {
  forbidden: [
    ...onlyImports,
    { name: 'no-cycles', comment: 'No cycles, types included.', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports is dead.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot:
          '\\.d\\.ts$|^(eslint\\.config|\\.dependency)|\\.test\\.ts$|^cli/bundle-verify|^worker/(failure-converter|build-bundle)' /* by path */,
      },
      to: {},
    },
    {
      name: 'no-test-code-in-production',
      severity: 'error',
      from: { pathNot: '^(test|bench|docs)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'the-checker-stands-alone',
      comment: 'What judges the engine shares no code with it: contracts, and the verifier that shares none either.',
      severity: 'error',
      from: { path: '^test/checker/(main|check|evidence|records|effect-keys|verdict|invariants/)' },
      to: {
        pathNot: '^(node_modules/|contracts/|test/checker/|cli/bundle-verify)|^[a-z_:/]+$',
        dependencyTypesNot: ['core'],
      },
    },
    {
      name: 'workflows-stay-pure',
      comment: 'The workflow bundle holds @temporalio/workflow and the expression library, nothing else.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^node_modules/', pathNot: '^node_modules/(@temporalio/(workflow|common)|@marcbachmann/cel-js)/' },
    },
    {
      name: 'one-place-for-cel-in-workflows',
      severity: 'error',
      from: { path: '^workflows/', pathNot: '^workflows/interpreter/expressions' },
      to: { path: 'cel-js' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node_modules|dist|\\.firebreak)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
