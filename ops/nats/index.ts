export { ENGINE_INBOX_PREFIX, EVENTS_STREAM, type NatsCredentials, natsConfig } from './config.ts';
export { natsCredentialsFile } from './credentials.ts';
export { locateNatsServer, NatsServerError } from './locate.ts';
export { type NatsServer, type NatsServerSetup, startNatsServer } from './server.ts';
