export { type GivenCertificate, ownNames, TlsError, type TlsFiles, tlsFiles } from './certificates.ts';
