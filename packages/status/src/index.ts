// Allocates, publishes and checks status lists; unknown, stale and unreachable are three answers.
export {};
