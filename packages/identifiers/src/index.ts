// EIC, GLN, GSRN, LEI and the other identifiers of the energy field, parsed into {scheme, value} with their check rules.
export {};
