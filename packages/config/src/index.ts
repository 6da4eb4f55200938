// Reads file and environment once, through a schema, into a frozen object; unknown keys are errors.
export {};
