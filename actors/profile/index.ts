/** Meter profiles: what differs from type to type, as data. */
export { type CatalogueEntry, createProfileCatalogue, type ProfileCatalogue, type ProfileValue } from './catalogue.ts';
export { type ProfileFault, profileFaults } from './check.ts';
export { METER_TYPE_UNKNOWN, outstationFault, passwordFault, timeUpdateFault, timeUpdateSupported } from './faults.ts';
export { type ProfilesOptions, ProfilesOptionsSchema } from './options.ts';
export { CERTAINTIES, type Certainty, type MeterProfile, MeterProfileSchema } from './profile.ts';
export { BUILT_IN_PROFILES } from './types/index.ts';
