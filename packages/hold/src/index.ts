// Keeps credentials, chooses the least that satisfies a query, explains gaps, derives a presentation, exports and imports.
export {};
