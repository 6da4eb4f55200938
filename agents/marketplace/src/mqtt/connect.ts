import type { ConnectPacket } from 'aedes';

/** What a CONNACK says to whom it turns away (MQTT 3.1.1, 3.2.2.3); the connection ends behind it. */
export const IDENTIFIER_REJECTED = 2;
export const NOT_AUTHORIZED = 5;

/**
 * What ids are made of in use: names with dots, UUIDs in braces, URNs, addresses. Each is one level of a topic, so that none of them may have
 * a `/`, `+` or `#`. A client without an id would be given one that MQTT 3.1.1 cannot tell it, and would not know its topics.
 */
const CLIENT_ID = /^[A-Za-z0-9._:;,@=%~!{}()-]{1,128}$/;

/**
 * Why a CONNECT is turned away; undefined where it is taken. A will would be published for a client that is gone, and a session
 * that is not clean outlives its connection, although nobody has to present anything to open one.
 */
export function refusalOf({ clientId, will, clean }: ConnectPacket): number | undefined {
  if (!CLIENT_ID.test(clientId)) return IDENTIFIER_REJECTED;
  return will === undefined && clean === true ? undefined : NOT_AUTHORIZED;
}
