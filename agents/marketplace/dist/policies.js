import { readFileSync } from 'node:fs';
import { parsePolicySet } from '@gridpass/policy';
/** The trading channels that are open here; the others of the field wait for the credentials they ask for. */
export const OPEN_CHANNELS = ['behind_the_meter', 'multi_class'];
/** Reads a policy file of this program; throws InputError CONFIG_INVALID when it is no policy. */
export function readPolicy(channel) {
    const text = readFileSync(new URL(`../policies/${channel}.cedar`, import.meta.url), 'utf8');
    return { text, policySet: parsePolicySet({ channel, cedar: text }) };
}
//# sourceMappingURL=policies.js.map