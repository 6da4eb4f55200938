// Starts a whole energy society on embedded defaults and plays its acts.
export {};
