export type { AgentEntry, AgentFinder } from './agents.ts';
export {
  APPOINTMENT_DESCRIPTION,
  type AppointPayload,
  type AppointReply,
  answerToTakenSlot,
  type IdempotencyValue,
  type ProcessResponse,
  REQUEST_TYPE,
} from './appoint.ts';
export { type AppointmentDefinitionOptions, announced as announcedData, createAppointmentDefinition } from './definition.ts';
export { appointmentEffects, type EnvironmentTag, encodeIf031 } from './encode.ts';
export type { FieldError } from './facts.ts';
export { type AppointmentCommand, createAppointmentHandlers } from './handlers.ts';
export { concernedSuppliers, type InboundOutcome, type InboundPayload, type InboundReply, idsOf, type Supplier, UNHANDLED_KIND } from './inbound.ts';
export { metadataOf, type RequestError, type RequestMetadata } from './metadata.ts';
export { APPOINTMENT_KIND, activeSlot, appointmentActorId, contextOf, IDEMPOTENCY_PREFIX, mpanIndexValue } from './names.ts';
export type { OperatorPayload, OperatorReply, StatusPayload, StatusReply } from './operator.ts';
export { type AppointmentOptions, AppointmentOptionsSchema, policyOf } from './options.ts';
