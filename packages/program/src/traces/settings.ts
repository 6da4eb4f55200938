import { InputError, isError } from '@gridpass/core';

/** What is left to choose once traces are switched on; the rest is read by the official libraries from the same variables. */
export interface TraceSettings {
  readonly protocol: 'http/protobuf' | 'http/json';
  /** Bounds one delivery where `OTEL_EXPORTER_OTLP_TIMEOUT` does not, in milliseconds. */
  readonly timeoutMillis?: number;
}

type Env = Readonly<Record<string, string | undefined>>;

const ENDPOINTS = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'] as const;
const PROTOCOLS = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'] as const;
const TIMEOUTS = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'] as const;
const RATIO_SAMPLERS: ReadonlySet<string> = new Set(['traceidratio', 'parentbased_traceidratio']);
const SAMPLERS: readonly string[] = ['always_on', 'always_off', 'parentbased_always_on', 'parentbased_always_off', ...RATIO_SAMPLERS];
/** Shorter than the ten seconds of the specification: a program that ends waits for the last delivery. */
const TIMEOUT_MS = 5_000;

/**
 * Whether traces are switched on, by the variables of the OpenTelemetry specification: undefined where none of them asks for it. The
 * libraries replace what they cannot read by a default and say nothing. Here it is an InputError CONFIG_INVALID that names the variable and
 * never shows its value, which may hold a password.
 */
export function readTraceSettings(env: Env): TraceSettings | undefined {
  const read: Read = (name) => {
    const text = env[name]?.trim();
    return text === '' ? undefined : text;
  };
  if (!areWanted(read)) return undefined;
  for (const name of ENDPOINTS) {
    const text = read(name);
    if (text !== undefined && !isHttpAddress(text)) throw invalid(name, 'an address that begins with http:// or https://');
  }
  for (const name of TIMEOUTS) {
    const text = read(name);
    if (text !== undefined && !(Number(text) > 0)) throw invalid(name, 'milliseconds, more than 0');
  }
  assertSampler(read('OTEL_TRACES_SAMPLER'), read('OTEL_TRACES_SAMPLER_ARG'));
  assertAttributes(read('OTEL_RESOURCE_ATTRIBUTES'));
  return { protocol: protocolOf(read), ...(firstOf(read, TIMEOUTS) === undefined ? { timeoutMillis: TIMEOUT_MS } : {}) };
}

/** What a variable says; one that is empty says nothing. */
type Read = (name: string) => string | undefined;

const firstOf = (read: Read, names: readonly string[]): string | undefined => names.map(read).find((text) => text !== undefined);

function areWanted(read: Read): boolean {
  if (read('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return false;
  const exporter = read('OTEL_TRACES_EXPORTER');
  if (exporter === undefined) return firstOf(read, ENDPOINTS) !== undefined;
  if (exporter !== 'none' && exporter !== 'otlp') throw invalid('OTEL_TRACES_EXPORTER', '`otlp` or `none`');
  return exporter === 'otlp';
}

function protocolOf(read: Read): TraceSettings['protocol'] {
  const protocol = firstOf(read, PROTOCOLS) ?? 'http/protobuf';
  if (protocol === 'http/protobuf' || protocol === 'http/json') return protocol;
  throw invalid('OTEL_EXPORTER_OTLP_PROTOCOL', '`http/protobuf` or `http/json`');
}

const invalid = (name: string, wanted: string): InputError => new InputError('CONFIG_INVALID', `${name}: ${wanted}`);

function isHttpAddress(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

function assertSampler(sampler: string | undefined, ratio: string | undefined): void {
  if (sampler === undefined) return;
  if (!SAMPLERS.includes(sampler)) throw invalid('OTEL_TRACES_SAMPLER', `one of ${SAMPLERS.join(', ')}`);
  if (RATIO_SAMPLERS.has(sampler) && ratio !== undefined && !(Number(ratio) >= 0 && Number(ratio) <= 1))
    throw invalid('OTEL_TRACES_SAMPLER_ARG', 'a number from 0 to 1');
}

/** The libraries drop all of them where one is not `key=value`. */
function assertAttributes(text: string | undefined): void {
  for (const pair of (text ?? '').split(',')) {
    if (pair.trim() === '') continue;
    const [key = '', value, ...more] = pair.split('=').map((part) => part.trim());
    if (key === '' || value === undefined || more.length > 0 || !isPercentEncoded(pair) || key.length > 255 || value.length > 255)
      throw invalid(
        'OTEL_RESOURCE_ATTRIBUTES',
        '`key=value` pairs of at most 255 characters a side, with a comma between, percent-encoded',
      );
  }
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch (error) {
    if (isError(error) && error.name === 'URIError') return false;
    throw error;
  }
}
