import { leadsToTen } from '../alternating.js';
import type { Scheme } from '../scheme.js';

// Market partners in Germany (BDEW, "Identifikatoren in der Marktkommunikation", 2.2): 99 is electricity, given out by BDEW, and
// 999 its articles; 98 is gas, given out by DVGW. A market partner with a GLN instead has one by the rule of GS1: see `gln`.
export const bdew: Scheme = { form: /^99[0-8][0-9]{10}$/, check: leadsToTen };
export const dvgw: Scheme = { form: /^98[0-9]{11}$/, check: leadsToTen };
