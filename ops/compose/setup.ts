/**
 * What the engines of `compose.yaml` share, made once: the certificate that all of them show, and, until the installation has its own,
 * a key and certificate that sign messages for the DIP.
 *
 *   node ops/compose/setup.ts SHARED MONITORING NAME…
 *
 * Run again it makes a certificate anew that is about to end, or stands for other names.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { tlsFiles } from '../../gateway/tls/index.ts';
import { keptSigningIdentity } from '../node/keep.ts';

const [shared, monitoring, ...names] = process.argv.slice(2);
if (shared === undefined || monitoring === undefined) throw new Error('usage: setup.ts SHARED MONITORING NAME…');
const tls = await tlsFiles({ folder: join(shared, 'tls'), now: Date.now(), names });
await keptSigningIdentity(shared);
if (tls.caFile !== undefined) copyFileSync(tls.caFile, join(monitoring, 'ca.pem'));
process.stdout.write(`certificate for ${tls.names.join(', ')}, until ${new Date(tls.expiresAt).toISOString()}\n`);
