export { type GivenCertificate, ownNames, TlsError, type TlsFiles, tlsFiles } from './certificates.ts';
export { writeWhole } from './write-whole.ts';
