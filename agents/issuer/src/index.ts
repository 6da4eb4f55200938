// Issues role credentials for several tenants: regulator, system operator, market operator, manufacturer are configuration.
export {};
