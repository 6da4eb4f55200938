// Facts, chain, request and a Cedar policy set in; permit or deny with reasons out. Pure.
export {};
