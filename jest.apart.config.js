/** The story of separate programs, in a lane of its own: `npm run apart`. It starts what `parts` starts, and ten programs beside it. */
import all from './jest.config.js';

const [, parts] = all.projects;

export default {
  ...all,
  maxWorkers: 1,
  projects: [
    {
      ...parts,
      displayName: 'apart',
      testMatch: ['<rootDir>/test/e2e/06-apart/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '/dist/'],
    },
  ],
};
