// The gridpass command.
export {};
