import { createSecretKey } from 'node:crypto';
import { inspect } from 'node:util';
import type { SealedRecord } from '@gridpass/core';
import { randomAesKey, seal, unseal } from './envelope.js';
import { importKeks } from './key-seals.js';
import type { KeyEncryptionKey } from './key-seals.js';

/** What a record is: a topic such as `decision-evidence`, and whatever tells it from every other record of that topic. */
export type RecordName = readonly [topic: string, ...parts: string[]];

/** Seals records that are no keys in the same way as the vault seals keys. */
export interface RecordSeals {
  /** The key-encryption key that wraps from now on. */
  readonly currentKekId: string;
  /** Under a data key of its own: who loses that key has lost the record. */
  sealRecord(name: RecordName, plain: Uint8Array): SealedRecord;
  /** Throws Fault KEY_UNAVAILABLE for one that was touched, moved to another name or lies under a key that is not configured. */
  openRecord(name: RecordName, record: SealedRecord): Uint8Array;
  /** The same record with the data key under the current key-encryption key; the record is not opened. */
  rewrapRecord(name: RecordName, record: SealedRecord): Pick<SealedRecord, 'kekId' | 'wrappedDataKey'>;
}

/** `keks[0]` wraps, the others only open. Throws InputError CONFIG_INVALID as `openKeyVault` does. */
export function createRecordSeals(list: readonly KeyEncryptionKey[]): RecordSeals {
  const keks = importKeks(list);
  const { current } = keks;
  // INVARIANT: topic and parts are in both contexts, so that no record opens in the place of another.
  const contextOf = (kind: 'data-key' | 'record', name: RecordName): string => JSON.stringify([`gridpass/record/${kind}/1`, ...name]);
  return Object.freeze({
    currentKekId: current.id,
    sealRecord: (name: RecordName, plain: Uint8Array) => {
      const dataKey = randomAesKey();
      return {
        kekId: current.id,
        wrappedDataKey: seal(current.key, new Uint8Array(dataKey.export()), contextOf('data-key', name)),
        sealed: seal(dataKey, plain, contextOf('record', name)),
      };
    },
    openRecord: (name: RecordName, { kekId, wrappedDataKey, sealed }: SealedRecord) => {
      const dataKey = createSecretKey(unseal(keks.find(kekId), wrappedDataKey, contextOf('data-key', name)));
      return unseal(dataKey, sealed, contextOf('record', name));
    },
    rewrapRecord: (name: RecordName, { kekId, wrappedDataKey }: SealedRecord) => {
      const context = contextOf('data-key', name);
      return { kekId: current.id, wrappedDataKey: seal(current.key, unseal(keks.find(kekId), wrappedDataKey, context), context) };
    },
    [inspect.custom]: () => 'RecordSeals { sealed }',
    toJSON: () => 'RecordSeals { sealed }',
  });
}
