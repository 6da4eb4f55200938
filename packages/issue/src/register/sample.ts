import { REGISTER_COLUMNS } from './parse-row.js';

// Public facts about well-known parties and areas, written by hand: code, short name, name, status, functions.
const ENTRIES: readonly (readonly [
  code: string,
  shortName: string,
  name: string,
  status: 'Active' | 'Inactive',
  functions: string,
  country?: string,
])[] = [
  ['10X1001A1001A248', 'ENERGINET', 'Energinet', 'Active', 'System Operator'],
  ['10X1001A1001A38Y', 'STATNETT', 'Statnett SF', 'Active', 'System Operator'],
  ['10X1001A1001A39W', 'ELERING', 'Elering AS', 'Active', 'System Operator'],
  ['10X1001A1001A264', 'FINGRID', 'Fingrid Oyj', 'Active', 'System Operator'],
  ['44X-000000000253', 'CARUNA', 'Caruna Oy', 'Active', 'Distribution System Operator'],
  ['44X-000000000350', 'HELEN', 'Helen Sähköverkko Oy', 'Active', 'Distribution System Operator'],
  ['45X000000000077U', 'SCNORDIC', 'S.C. Nordic A/S', 'Active', 'Energy Supplier'],
  ['45X0000000001282', 'NUVVE', 'Nuvve Denmark ApS', 'Active', 'Resource Aggregator'],
  ['11XNORDPOOLSPOT2', 'EMCO', 'European Market Coupling Operator AS', 'Active', 'Balance Responsible Party'],
  ['10X1001A1001A23A', 'ELKRAFT', 'Elkraft System', 'Inactive', 'System Operator'],
  ['10YDK-1--------W', 'DK1', 'Denmark DK1', 'Active', 'Bidding Zone, Scheduling Area, LFC Area', 'DK'],
  ['10YDK-2--------M', 'DK2', 'Denmark DK2', 'Active', 'Bidding Zone, Scheduling Area, LFC Area', 'DK'],
];

/** A small register in ENTSO-E's form for a first run without a file of one's own. */
export function sampleRegister(): string {
  const rows = ENTRIES.map(([code, shortName, name, status, functions, country = '']) => {
    const fields = [code, shortName, name, '', '', status, '', country, '', functions, code.charAt(2)];
    return fields.join(';');
  });
  return `${[REGISTER_COLUMNS.join(';'), ...rows].join('\r\n')}\r\n`;
}
