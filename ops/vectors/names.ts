/** Names of the protocols, which are those of the vector files; here they can be told without loading the codecs. */
export const PROTOCOL_NAMES = [
  'dlms-hdlc',
  'dlms-wrapper',
  'dlms-apdu',
  'dlms-security',
  'cosem-data',
  'elster-flag',
  'cewe-iec',
  'iec62056-21',
  'edmi',
  'emlite',
  'landis-gyr',
  'sessions',
] as const;
