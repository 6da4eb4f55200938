import type { DIDDocument, DIDDocumentMetadata, DIDResolutionResult } from 'did-resolver';

/** A resolution that ended well. */
export function found(didDocument: DIDDocument, didDocumentMetadata: DIDDocumentMetadata = {}): DIDResolutionResult {
  return { didResolutionMetadata: { contentType: 'application/did+ld+json' }, didDocument, didDocumentMetadata };
}

/** The DID does not resolve, and asking again would not help. An answer that cannot be had is a thrown Fault instead. */
export function notFound(message: string): DIDResolutionResult {
  return { didResolutionMetadata: { error: 'notFound', message }, didDocument: null, didDocumentMetadata: {} };
}

/** The method or its network is not one that is configured here. */
export function unsupported(message: string): DIDResolutionResult {
  return { didResolutionMetadata: { error: 'unsupportedDidMethod', message }, didDocument: null, didDocumentMetadata: {} };
}
