// PostgreSQL, or its embedded twin PGlite, through Kysely: migrations and the repositories behind the ports.
export {};
