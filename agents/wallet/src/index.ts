// Holds credentials for organisations and households, and presents the least a query needs.
export {};
