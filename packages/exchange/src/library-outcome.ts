import { isError, ok, refuse } from '@gridpass/core';
import type { JsonObject, Outcome, RefusalCode } from '@gridpass/core';
import { Oauth2Error } from '@openid4vc/oauth2';
import { Openid4vciError } from '@openid4vc/openid4vci';
import { OpenId4VcBaseError, setGlobalConfig } from '@openid4vc/utils';

// The libraries judge the scheme of addresses by one switch for the whole process. Ours is judged by `parseServiceUrl` and the fetch port, each
// by its configuration, so theirs stands open for good: nothing here closes it, and nothing else may touch it.
setGlobalConfig({ allowInsecureUrls: true });

/** Whether the OpenID4VC libraries threw this on purpose, about their input. Anything else is a fault of ours. */
export function isLibraryError(error: unknown): boolean {
  if (error instanceof Oauth2Error || error instanceof Openid4vciError || error instanceof OpenId4VcBaseError) return true;
  // @openid4vc/oauth2 0.5 carries a copy of ValidationError that it does not export; what its instances own tells them.
  return isError(error) && Object.hasOwn(error, 'zodError');
}

/**
 * Runs a parser of the OpenID4VC libraries and turns its complaint into a refusal. Its messages quote the input, so none of
 * them is passed on (house rule: no payload inside error text).
 */
export function parseWithLibrary<T>(read: () => T, code: RefusalCode, stage: string, what: string): Outcome<T> {
  try {
    return ok(read());
  } catch (error) {
    if (isLibraryError(error)) return refuse(code, stage, `${what}: not of the form of the specification`);
    throw error;
  }
}

/** A copy of our JSON for a library to judge and keep: it validates what it is given, our own objects are frozen and shared. */
export function toLibraryInput<T>(json: JsonObject | readonly JsonObject[]): T {
  const copy: T = JSON.parse(JSON.stringify(json)) as T;
  return copy;
}
