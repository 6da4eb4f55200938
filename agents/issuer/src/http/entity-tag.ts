// RFC 9110 8.8.3: an entity tag may hold a comma, so that a list of them cannot be cut at commas.
const ENTITY_TAG = /(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;
// White space belongs to the comma or to the tag behind it, never to both: no text has two readings, so none is read twice.
const LIST = /^[ \t]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:[ \t]*,(?:[ \t]*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")?)*[ \t]*$/;
const MAX_LENGTH = 4096;

/**
 * Whether `If-None-Match` names what stands here under the strong `etag` (RFC 9110 13.1.2): `*`, or a list of entity tags, compared
 * weakly, since caches and proxies that change an answer make its tag weak. What is not of this form names nothing.
 */
export function namesEntity(ifNoneMatch: string, etag: string): boolean {
  if (ifNoneMatch.length > MAX_LENGTH) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return LIST.test(ifNoneMatch) && [...ifNoneMatch.matchAll(ENTITY_TAG)].some(([, opaque]) => opaque === etag);
}
