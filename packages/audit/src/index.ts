// Append-only Merkle log: receipts, checkpoints, inclusion and consistency proofs, offline check.
export {};
