// Bytes and text: base64url, strict JSON, JCS, CBOR, multibase, hashing.
export {};
