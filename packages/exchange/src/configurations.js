/** The name a configuration has in offers and requests, e.g. `CustomerStatus_dc_sd_jwt`. */
export function configurationId(type, format) {
    return `${type}_${format === 'dc+sd-jwt' ? 'dc_sd_jwt' : 'vc_jwt'}`;
}
/** Configurations of some types, each in the formats given. */
export function buildConfigurations(types, options) {
    return types.flatMap((type) => options.formats(type).map((format) => ({
        id: configurationId(type, format), type, format, signingAlgorithms: options.signingAlgorithms,
        display: type.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' '),
    })));
}
/** The `vct` of a type's SD-JWT VC. */
export function vctOf(type) {
    return `urn:gridpass:${type}:1`;
}
//# sourceMappingURL=configurations.js.map