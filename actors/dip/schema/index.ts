export { type IncomingSchema, incomingSchema } from './incoming.ts';
export { checkIf031, type If031, If031Schema, type SchemaFault } from './outgoing.ts';
