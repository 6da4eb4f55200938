/** The contracts of this package. */
export const CONTRACT_NAMES = [
  'ChannelAdmission',
  'AccreditationRegistry',
  'AuditAnchor',
  'EnergyMarket',
  'AccountPermissioning',
  'NodePermissioning',
] as const;
export type ContractName = (typeof CONTRACT_NAMES)[number];

/** What the compiler made of one contract. */
export interface Artefact {
  /** In the human-readable form of ethers. */
  readonly abi: readonly string[];
  readonly bytecode: string;
  /** Keccak-256 of the deployed code with its immutables set to zero. */
  readonly codeHash: string;
  /** Where the immutables stand in the deployed code: start and length in bytes. */
  readonly immutables: readonly (readonly [number, number])[];
}
