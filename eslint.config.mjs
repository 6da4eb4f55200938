import tseslint from 'typescript-eslint';

const ambient = ['fetch', 'setInterval'].map((name) => ({ name, message: 'take it as a port; the programs wire the outside in' }));

export default tseslint.config(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      'coverage/',
      '.gridpass/',
      '**/generated/',
      '**/*.mjs',
      '**/*.cjs',
      'jest.config.js',
      'agents/cli/bin/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: ['./tsconfig.lint.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off', // ports are objects of functions; there is no `this`
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      'no-empty': ['error', { allowEmptyCatch: false }],
      'max-lines': ['error', { max: 500 }],
      complexity: ['error', 16],
      eqeqeq: 'error',
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'agents/*/src/**/*.ts'],
    ignores: ['packages/core/src/is-error.ts', '**/__tests__/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "BinaryExpression[operator='instanceof'][right.name=/^(Eval|Range|Reference|Syntax|Type|URI|Aggregate)?Error$|^DOMException$/]",
          message: 'errors of the platform may be of another realm: isError of core, and the name',
        },
      ],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['packages/testkit/**', 'packages/program/**', '**/__tests__/**'],
    rules: {
      'no-restricted-globals': ['error', ...ambient, { name: 'process', message: 'only the programs read the process' }],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'take a Clock' },
        { object: 'Math', property: 'random', message: 'use node:crypto through codec.randomToken' },
      ],
      'no-console': 'error',
    },
  },
  {
    files: ['**/__tests__/**/*.ts', 'test/**/*.ts', 'packages/testkit/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      complexity: 'off',
    },
  },
);
