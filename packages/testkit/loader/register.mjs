// Lets a plain Node process run the TypeScript sources of this repository; for tests that kill a process.
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
