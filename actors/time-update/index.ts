/** Meter actions: the durable actor, its window and slots, and the channel that holds its sessions (mts-actions-api 2 to 5). */
export { Actions, type ActionsSetup, type NewAction } from './actions.ts';
export { createMeterChannel, createMeterControlChannel, METER_CHANNEL, METER_CONTROL_CHANNEL, type MeterChannelSetup } from './channel.ts';
export { type ActionDefinitionOptions, announced as announcedData, createActionDefinition } from './definition.ts';
export { EarlyStarts } from './early-starts.ts';
export { gateKind } from './gate.ts';
export {
  type AttemptReply,
  actionHandlers,
  type CancelReply,
  type IntendReply,
  type ProgressPayload,
  type ReleaseReply,
  type SubmitReply,
} from './handlers.ts';
export { LeasedSlots } from './leased-slots.ts';
export { ACTION_KIND, actionActor, contextOf, ownerIndex, ownerToken, TRACE_KIND, traceRecord } from './names.ts';
export { type ActionsOptions, ActionsOptionsSchema, actionPolicyOf } from './options.ts';
export { Puller, type PullerSetup } from './puller.ts';
export { PASSWORD_REFUSED_EARLIER, REFUSED_PASSWORD_KIND } from './refused-passwords.ts';
export { GroupedRequestIds, type IdRange, type RequestIdSource, RequestIds } from './request-ids.ts';
export { clusterSlotLimits, createClassOf, slotLimits } from './slot-classes.ts';
export { type SlotRequest, Slots, type SlotsSetup } from './slots.ts';
export { StopSwitch, type SwitchState } from './stop-switch.ts';
export { type WhyWorld, whyActionWaits } from './why.ts';
export { lastWindow, type NightWindow, nextWindow, openWindow, type WindowOptions } from './window.ts';
