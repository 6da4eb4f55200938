import { describe, expect, it } from '@jest/globals';
import { readTraceSettings } from '../settings.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

describe('traces', () => {
  it.each([
    [{}],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    [{ OTEL_SERVICE_NAME: 'market', OTEL_TRACES_SAMPLER: 'always_on' }],
    [{ ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: ' TRUE ', OTEL_TRACES_EXPORTER: 'otlp' }],
  ])('are off where no variable asks for them: %j', (env) => {
    expect(readTraceSettings(env)).toBeUndefined();
  });

  it.each([
    [ENDPOINT],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector.example/v1/traces' }],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }],
    [{ ...ENDPOINT, OTEL_SDK_DISABLED: 'yes' }],
    [{ ...ENDPOINT, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' }],
    [{ ...ENDPOINT, OTEL_RESOURCE_ATTRIBUTES: ' team=grid , zone=a%3Db,' }],
  ])('are on where one does, in the default encoding of the specification: %j', (env) => {
    expect(readTraceSettings(env)).toEqual({ protocol: 'http/protobuf', timeoutMillis: 5_000 });
  });

  it('take the variable of the signal before the one of all signals, and a time-out that is given', () => {
    const both = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' };
    expect(readTraceSettings({ ...ENDPOINT, ...both, OTEL_EXPORTER_OTLP_TIMEOUT: '700' })).toEqual({ protocol: 'http/json' });
  });

  it.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin'],
    ['OTEL_TRACES_EXPORTER', 'otlp,console'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'user:secret@collector'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'ftp://user:secret@collector.example'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '0'],
    ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'soon'],
    ['OTEL_TRACES_SAMPLER', 'sometimes'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.01'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=a=b'],
    ['OTEL_RESOURCE_ATTRIBUTES', '=secret'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=100%'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'team=%ff'],
    ['OTEL_RESOURCE_ATTRIBUTES', `team=${'s'.repeat(256)}`],
  ])('are refused by the name of the variable that cannot be read, and never by its value: %s=%s', (name, value) => {
    const given = { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio', [name]: value };
    let thrown: unknown;
    try {
      readTraceSettings(given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(`${name}: `) });
    expect((thrown as Error).message).not.toMatch(/secret|team|console|zipkin|grpc|sometimes|soon|1\.01/);
  });

  it('take what stands on the bounds', () => {
    for (const ratio of ['0', '1']) {
      const env = { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio };
      expect(readTraceSettings(env)).toBeDefined();
    }
    expect(readTraceSettings({ ...ENDPOINT, OTEL_RESOURCE_ATTRIBUTES: `${'k'.repeat(255)}=${'v'.repeat(255)}` })).toBeDefined();
  });
});
