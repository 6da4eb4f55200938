import { ok, refuse } from '@gridpass/core';
import type { JsonObject, Outcome } from '@gridpass/core';
import { memberOf, textsOf } from '@gridpass/codec';

/**
 * Refuses SCHEMA_VIOLATION where one of these claims is there and is not one text. Read as nothing, it would be for the rule that asks
 * for it as if nobody had claimed it. The schema has it so as well; this is for claims that were kept before it, or came another way.
 */
export function checkTexts(claims: JsonObject, names: readonly string[], stage: string): Outcome<true> {
  const wrong = names.find((name) => !['string', 'undefined'].includes(typeof memberOf(claims, name)));
  return wrong === undefined ? ok(true) : refuse('SCHEMA_VIOLATION', stage, `claims/${wrong}: not a text`);
}

/** The texts of a list of the claims; none where it is not there. Refuses SCHEMA_VIOLATION as {@link checkTexts} does. */
export function readTexts(claims: JsonObject, name: string, stage: string): Outcome<readonly string[]> {
  const member = memberOf(claims, name);
  const texts = member === undefined ? [] : textsOf(member);
  return texts === undefined ? refuse('SCHEMA_VIOLATION', stage, `claims/${name}: not a list of texts`) : ok(texts);
}
