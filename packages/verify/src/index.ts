// The verification stages and their sealed types.
export {};
