import { canonicalJson, parseJson } from '@gridpass/codec';
import { assertOk } from '@gridpass/core';
import type { AuditRepository, PublicJwk, TenantId } from '@gridpass/core';

const PAGE = 500;

/** The lines of an export: header, entries with the checkpoints between them, the final checkpoint over all entries. */
export async function* exportLines({
  repository,
  tenant,
  origin,
  publicJwk,
  checkpoint,
}: {
  readonly repository: AuditRepository;
  readonly tenant: TenantId;
  readonly origin: string;
  readonly publicJwk: PublicJwk;
  readonly checkpoint: (tenant: TenantId) => Promise<string>;
}): AsyncGenerator<string> {
  const final = await checkpoint(tenant);
  const size = Number(final.split('\n')[1]);
  const between = (await repository.listCheckpoints(tenant, size)).filter((known) => known.size < size);
  yield canonicalJson({ type: 'header', version: 1, origin, key: { ...publicJwk } });
  let next = 0;
  for (let from = 0; from < size; from += PAGE) {
    for (const { index, entry } of await repository.readEntries(tenant, from, Math.min(PAGE, size - from))) {
      for (; (between[next]?.size ?? Infinity) <= index; next += 1)
        yield canonicalJson({ type: 'checkpoint', note: between[next]?.note ?? '' });
      yield canonicalJson({ type: 'entry', index, entry: assertOk(parseJson(entry)) });
    }
  }
  yield canonicalJson({ type: 'final', note: final });
}
