// Starts a server, says where, and waits to be killed.
import { startPostgres } from '../postgres.js';

const server = await startPostgres();
process.stdout.write(`${server.port}\n`);
setInterval(() => undefined, 1000);
