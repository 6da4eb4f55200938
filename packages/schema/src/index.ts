// Claims as some JSON value come in with the name of their credential type; the same claims go out as an object that
// fits the type's schema, or a refusal that lists every bad path. Schemas live in schemas/<type>/v1.json, are carried
// by this package in generated form and compiled once, in strict mode, without any remote reference. Beyond JSON Schema
// the check characters of identifiers are verified. For a presentation that discloses only some claims, what is there
// is checked in full and nothing is required. Policies are checked against the shapes of claims, read off the same schemas.
export { createClaimShapes } from './claim-shapes.js';
export { createSchemas } from './schemas.js';
export type { Schemas } from './schemas.js';
