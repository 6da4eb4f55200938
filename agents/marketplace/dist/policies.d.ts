import { type PolicySet } from '@gridpass/policy';
/** The trading channels that are open here; the others of the field wait for the credentials they ask for. */
export declare const OPEN_CHANNELS: readonly ["behind_the_meter", "multi_class"];
/** One channel's policy, as text to show and as a set to decide with. */
export interface ChannelPolicy {
    readonly text: string;
    readonly policySet: PolicySet;
}
/** Reads a policy file of this program; throws InputError CONFIG_INVALID when it is no policy. */
export declare function readPolicy(channel: string): ChannelPolicy;
//# sourceMappingURL=policies.d.ts.map