import { classifyAddress } from './address.js';

/** The host without the brackets of an IPv6 literal; decimal, octal and hexadecimal IPv4 arrive here in dotted form. */
export function hostOf(url: URL): string {
  return url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
}

/** Whether a host of a URL is this machine by its spelling alone. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || classifyAddress(host) === 'loopback';
}

/**
 * What an http or https URL reaches, as a text to compare with another one: scheme, host and port, however they are spelled. All names and
 * addresses of the loopback are one (RFC 6761 6.3), a name with a dot at its end is the one without (RFC 1034 3.1), and a port that is not
 * written is the scheme's own. For what is closed: two spellings of one place must not differ. What is opened is compared exactly, as the
 * URL standard writes it.
 */
export function reachedOrigin(url: URL): string {
  const name = hostOf(url).replace(/\.$/, '');
  const host = isLoopbackHost(name) || name.endsWith('.localhost') ? 'localhost' : name;
  return `${url.protocol}//${host}:${url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? '') : url.port}`;
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };
