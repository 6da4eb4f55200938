// Guarded outbound fetch: allow-list, size and time bounds, no redirects, no private addresses unless configured.
export {};
