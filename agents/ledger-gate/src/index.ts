// Stands in front of an EVM node: accounts are admitted to a channel by presentation.
export {};
