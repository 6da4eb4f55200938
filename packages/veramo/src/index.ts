// A Veramo agent on our stores and keys, and our verbs as a Veramo plugin.
export {};
