// The least that a process between two others can do: a connection for each connection, bytes passed on and looked at by nobody.
import { connect, createServer } from 'node:net';

const { hostname, port } = new URL(process.argv[2]);
const server = createServer((client) => {
  const node = connect(Number(port), hostname).setNoDelay(true);
  client.setNoDelay(true).pipe(node).pipe(client);
  client.on('error', () => node.destroy());
  node.on('error', () => client.destroy());
});
process.on('disconnect', () => process.exit());
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}` }));
