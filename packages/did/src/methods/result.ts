import type { DIDDocument, DIDDocumentMetadata, DIDResolutionResult } from 'did-resolver';
import type { JsonObject } from '@gridpass/core';

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

/** The text is not a DID of its method. */
export function malformed(message: string): DIDResolutionResult {
  return { didResolutionMetadata: { error: 'invalidDid', message }, didDocument: null, didDocumentMetadata: {} };
}

/** did-resolver's type promises more than foreign JSON holds; every reader of ours reads it as JSON again. */
export function asDocument(json: JsonObject, id: string): DIDDocument {
  return { ...json, id };
}

/** The DID resolves, but not as it was then (DID Resolution, FEATURE_NOT_SUPPORTED). */
export function versionUnavailable(message: string): DIDResolutionResult {
  return {
    didResolutionMetadata: { error: 'featureNotSupported', message: `did: ${message}` },
    didDocument: null,
    didDocumentMetadata: {},
  };
}

/** The DID was given up for good. */
export function deactivated(): DIDResolutionResult {
  return {
    didResolutionMetadata: { contentType: 'application/did+ld+json' },
    didDocument: null,
    didDocumentMetadata: { deactivated: true },
  };
}
