import type { Model } from './model.js';
import type { Snapshot } from './snapshot.js';
import type { LifeCycleWorld } from './world.js';

interface Row {
  readonly id: string;
  /** What has to be the same for a row of the model and one of the store to be one. */
  readonly key: string;
}

interface Comparison {
  /** The names that were known, and those that the model gives to what is new in the store. */
  readonly names: Map<string, string>;
  readonly differences: readonly string[];
}

/** How store and model differ, line by line; nothing where they say the same. */
export function compare(model: Model, snapshot: Snapshot, world: Pick<LifeCycleWorld, 'names' | 'wishes' | 'offerOf'>): Comparison {
  const names = new Map(world.names);
  bind(
    names,
    model.applications.map(({ id, wish, state }) => ({ id, key: `${wish} ${state}` })),
    snapshot.applications.map(({ applicationId, wish, state }) => ({ id: applicationId, key: `${wish} ${state}` })),
  );
  const keys = new Map(
    Object.values(world.wishes).flatMap(({ holders }) => holders.map(({ key }, number) => [key.thumbprint as string, number])),
  );
  const offers = new Map(model.offers.map(({ id }) => [world.offerOf(id), id]));
  const inStore = snapshot.records.map((record) => {
    const [offer, key] = [offers.get(record.offerId) ?? '', keys.get(record.holderThumbprint) ?? 0];
    return { record, key: [record.applicationId, offer, record.format, String(key), record.state].join(' ') };
  });
  bind(
    names,
    model.records.map(({ id, application, offer, format, key, state }) => ({
      id,
      key: [names.get(application), offer, format, key, state].join(' '),
    })),
    inStore.map(({ record, key }) => ({ id: record.digest, key })),
  );
  const nameOf = new Map([...names].map(([name, id]) => [id, name]));
  const told = (id: string): string => nameOf.get(id) ?? `? ${id}`;
  const expected = [
    ...model.applications.map(({ id, wish, state }) => `${id} ${wish} ${state}`),
    ...model.records.map(
      ({ id, wish, application, state, causes }) => `${id} ${wish} of ${application} ${state} ${[...causes].sort().join()}`,
    ),
    ...model.offers.filter(({ withdrawn }) => withdrawn).map(({ id }) => `${id} withdrawn`),
  ];
  const found = [
    ...snapshot.applications.map(({ applicationId, wish, state }) => `${told(applicationId)} ${wish} ${state}`),
    ...snapshot.records.map(({ digest, wish, applicationId, state, causes }) => {
      const because = causes.map((cause) => cause.replace(/:(.*)$/u, (_all, id: string) => `:${told(id)}`)).sort();
      return `${told(digest)} ${wish} of ${told(applicationId)} ${state} ${because.join()}`;
    }),
    ...snapshot.withdrawn.map((id) => `${offers.get(id) ?? id} withdrawn`),
  ];
  return {
    names,
    differences: [
      ...expected.filter((line) => !found.includes(line)).map((line) => `expected: ${line}`),
      ...found.filter((line) => !expected.includes(line)).map((line) => `found:    ${line}`),
    ],
  };
}

function bind(names: Map<string, string>, rows: readonly Row[], found: readonly Row[]): void {
  const taken = new Set(names.values());
  const free = found.filter(({ id }) => !taken.has(id));
  for (const { id, key } of rows) {
    const match = names.has(id) ? -1 : free.findIndex((row) => row.key === key);
    const [row] = match === -1 ? [] : free.splice(match, 1);
    if (row !== undefined) names.set(id, row.id);
  }
}
