/** Links to meters: addresses, what may be reached, TCP, wrappers, PAKNET, and the opener that chooses. */
export { ADDRESS_NOT_ALLOWED, ADDRESS_NOT_RECOGNISED, type AddressRefusal, parseRemoteAddress, type RemoteAddress } from './address.ts';
export { COMS_SETTINGS_ONLY_TELEPHONE, COMS_SETTINGS_RULE, type ComsSettingsRefusal, parseComsSettings } from './coms-settings.ts';
export { Inbox, type InboxLimits } from './inbox.ts';
export { canonicalIp, familyOf } from './ip.ts';
export { type LineSettings, type Link, LinkError, type LinkFailureCode, type LinkOpener, type LinkRequest, type Received, type Stamp } from './link.ts';
export { createNetworkRules, type NetworkRuleGround, type NetworkRuleOptions, type OwnPlace } from './network-rules.ts';
export { createNumberRules, GB_DENIED_NUMBERS, type NumberRuleOptions } from './number-rules.ts';
export { GB_NUMBERING, type Numbering, nationalForm } from './numbering.ts';
export { createLinkOpener, type LineOpener, type LineRequest, type LinkOpenerSetup } from './opener.ts';
export { type DnsOptions, type LinksOptions, LinksOptionsSchema, NumberRuleProperties } from './options.ts';
export { createNameResolver, type NameResolver } from './resolver.ts';
export { type AddressRules, type AddressRulesSetup, createAddressRules, hostAddresses, hostTable } from './rules.ts';
export { SoftParityLink, type SoftParityOptions, withSoftParity } from './soft-parity-link.ts';
export { openTcpLink } from './tcp-open.ts';
export { ByteTrace, maskSecrets, type OctetRange, type TraceLine, type TraceMask } from './trace.ts';
export { TracedLink } from './traced-link.ts';
