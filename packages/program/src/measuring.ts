import process from 'node:process';
import { NO_METER } from '@gridpass/core';
import type { Closers } from './closers.js';
import { toUnexpectedEvent, type GateEvent } from '@gridpass/gate';
import { createBacklogRepository } from '@gridpass/store';
import type { ListenAddress } from './listen.js';
import { openMetrics, type ProgramMeter } from './metrics.js';
import type { Program } from './open-program.js';
import type { Reload } from './reload.js';
import type { DeliveredTraces, Delivery } from './traces/otlp.js';
import { readTraceSettings } from './traces/settings.js';

/** What is told where spans reach the collector no longer, and where they do again. */
export interface TracesEvent {
  readonly kind: 'traces';
  readonly status: Delivery;
}

/** What a program is measured with; without `metrics` in its configuration and the variables of OpenTelemetry, nothing. */
export interface Measuring {
  readonly meter: ProgramMeter | undefined;
  /** What SIGHUP reads again. */
  readonly reloads: readonly Reload[];
  /** Shows what lies in the store of the program, once it is open. */
  watch(program: Pick<Program, 'store' | 'clock'>): void;
}

interface MeasuringParts {
  readonly closers: Closers;
  readonly log: (event: TracesEvent | GateEvent) => void;
}

/** Counts and traces for a program that is told to. Throws Fault PORT_BUSY, InputError CONFIG_INVALID for a variable that cannot be read. */
export async function openMeasuring(
  program: string,
  config: { readonly metrics?: ListenAddress | undefined },
  { closers, log }: MeasuringParts,
): Promise<Measuring> {
  const settings = readTraceSettings(process.env);
  let traces: DeliveredTraces | undefined;
  if (settings !== undefined) {
    const { openOtlp } = await import('./traces/otlp.js');
    traces = await openOtlp(program, settings, (status) => log({ kind: 'traces', status }));
    // Opened first and closed last: what ends meanwhile is still delivered.
    closers.add(traces.close);
  }
  const metrics = await openMetrics(program, config.metrics, closers);
  return {
    meter: meterWith(metrics?.meter, traces),
    reloads: metrics?.reloads ?? [],
    watch: ({ store, clock }) =>
      metrics?.watch({ store, clock, backlog: createBacklogRepository(store), onUnexpected: (error) => log(toUnexpectedEvent(error)) }),
  };
}

const NO_PROGRAM_METER: ProgramMeter = { ...NO_METER, answered: () => undefined };

/** A meter that counts, one that traces, or one that does both. */
function meterWith(meter: ProgramMeter | undefined, traces: DeliveredTraces | undefined): ProgramMeter | undefined {
  if (traces === undefined) return meter;
  const counting = meter ?? NO_PROGRAM_METER;
  return {
    ...counting,
    time: (stage, run) => counting.time(stage, () => traces.time(stage, run)),
    begin: traces.begin,
    traceparent: traces.traceparent,
  };
}
