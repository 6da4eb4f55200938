// The Solidity contracts and the typed client to them. The only importer of a chain library besides did.
export {};
