// Turns the JSON Schemas of schemas/ into parse functions with branded results.
export {};
