// A request without a grant learns where the presentation request is. It is opened for a proven key, signed, answered by
// a wallet and verified; the policies decide on the proven facts, the verdict is written into the log, and only a written
// permit becomes a grant, from which the same key draws a short-lived token. Each later request proves its key anew, asks
// whether the grant and all credentials behind it still stand, and is decided and recorded before its handler runs.
// `admit` and `use` are the same without HTTP; one error mapper turns refusal, deny and fault into 4xx, 403 and 503.
export { checkQueries, checkQuery } from './query.js';
export type { QueryRule, QueryTable } from './query.js';
export { ownNonceSecrets } from './nonce.js';
export { createGate, gate } from './gate.js';
export type { Gate } from './gate.js';
export { assertPublicOrigin } from './settings.js';
export type { GateChannel, GateEvent, GateSettings } from './settings.js';
export { Access, accessOf } from './protect.js';
export type { ProtectedRoute } from './protect.js';
export type { Admission, GateCore, Use } from './admit.js';
export { createErrorMapper, toUnexpectedEvent, turnAway } from './answer.js';
export { Refused, createProgramErrorMapper, refusalIn, requestIdOf, toAnswer, unwrap } from './program-answer.js';
export type { ProgramAnswers, ProtocolAnswer, RequestEvent } from './program-answer.js';
export { Decided, decideOnGrant, decideOnPresentation } from './decide.js';
export type { Asked, Subject } from './decide.js';
export { LiveGrant } from './live-grant.js';
export { Recorded, isPermit, recordDecision } from './record.js';
export type { RecordPorts, RecordedPermit } from './record.js';
export { Grant, createGrant } from './grant.js';
export { readBody, receiveBody } from './transport.js';
export { UNMATCHED, collectNotes, noteRequest } from './request-notes.js';
export type { RequestNotes } from './request-notes.js';
export { openToBrowsers } from './other-browsers.js';
export { answerUnread } from './unread-body.js';
export { FORWARDING_HEADERS } from './forwarding.js';
export type { ForwardingHeader } from './forwarding.js';
export { createClientLimit } from './client-limit.js';
export type { ClientLimit, ClientLimitSettings } from './client-limit.js';
export { createRateLimiter } from './rate-limit.js';
export type { RateLimit } from './rate-limit.js';
