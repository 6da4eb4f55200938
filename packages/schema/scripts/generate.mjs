// Writes src/generated/schemas.ts from schemas/<type>/v1.json, so that the package carries its schemas wherever it is
// installed and reads no files. A test compares the two: `node packages/schema/scripts/generate.mjs` brings them together.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../../schemas');
const lines = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => JSON.parse(readFileSync(join(root, entry.name, 'v1.json'), 'utf8')))
  .map((schema) => `  ${schema.title}: ${JSON.stringify(schema)},`)
  .sort();

writeFileSync(
  join(import.meta.dirname, '../src/generated/schemas.ts'),
  `// Written by scripts/generate.mjs from schemas/*/v1.json; edit those.\nimport type { CredentialType, JsonObject } from '@gridpass/core';\n\nexport const SCHEMA_DOCUMENTS: Readonly<Record<CredentialType, JsonObject & { readonly $id: string }>> = {\n${lines.join('\n')}\n};\n`,
);
