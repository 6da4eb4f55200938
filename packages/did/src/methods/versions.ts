import type { DIDResolutionOptions, DIDResolver, ParsedDID } from 'did-resolver';
import type { Clock } from '@gridpass/core';
import { parseVersion } from '../ethr-index/view.js';
import type { WantedVersion } from '../ethr-index/view.js';
import { notFound, versionUnavailable } from './result.js';

/** For documents that follow from their DID: they are the same at every moment, and have no versions with numbers. */
export function sameForEver(method: DIDResolver): DIDResolver {
  return async (did, parsed, resolver, options) => {
    const wanted = wantedVersion(parsed, options);
    if (wanted === undefined) return unreadable();
    if (wanted.kind === 'block') return versionUnavailable('the documents of this method have no versions');
    return method(did, parsed, resolver, options);
  };
}

/** For documents that are served by somebody: what they said before cannot be had from anybody, and must not be made up from today's. */
export function onlyOfToday(method: DIDResolver, clock: Clock): DIDResolver {
  return async (did, parsed, resolver, options) => {
    const wanted = wantedVersion(parsed, options);
    if (wanted === undefined) return unreadable();
    if (wanted.kind === 'block' || (wanted.kind === 'time' && wanted.time < clock.now()))
      return versionUnavailable('this method keeps no documents of the past');
    return method(did, parsed, resolver, options);
  };
}

function wantedVersion(parsed: ParsedDID, options: DIDResolutionOptions): WantedVersion | undefined {
  const query = new URLSearchParams(parsed.query ?? '');
  const versionTime: unknown = options['versionTime'] ?? query.get('versionTime') ?? undefined;
  const versionId: unknown = options['versionId'] ?? query.get('versionId') ?? undefined;
  const isText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string';
  if (!isText(versionTime) || !isText(versionId)) return undefined;
  // A name of a version that is no block number is one of a version all the same, and none of these methods has any.
  if (versionId !== undefined && versionId !== 'latest') return { kind: 'block', block: 0 };
  return parseVersion({ versionId, versionTime });
}

const unreadable = (): ReturnType<typeof notFound> => notFound('did: versionTime is not a UTC time in whole seconds');
