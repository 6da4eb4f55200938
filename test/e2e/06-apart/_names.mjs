// Stands for the DNS of the walk in programs of its test: every name below `example` is this machine, as a line of /etc/hosts would say it.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const isOurs = (name) => name.endsWith('.example');
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(isOurs(name) ? '127.0.0.1' : name, ...rest);
const { lookup: lookupLater } = dns.promises;
dns.promises.lookup = (name, ...rest) => lookupLater(isOurs(name) ? '127.0.0.1' : name, ...rest);
syncBuiltinESMExports();
