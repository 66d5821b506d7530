/** The event bus: events for other systems through NATS JetStream (interfaces 5). */
export { type BusExtras, type NatsLink, type OpenBus, openBus } from './bus.ts';
export { checkKv, checkServer, NatsLackError } from './capabilities.ts';
export { type AnnouncementData, cloudEvent, createEventsChannel, EVENTS_CHANNEL, type EventsChannelOptions } from './channel.ts';
export { type ConnectionSettings, connectionOptions, NatsSettingsError } from './connection.ts';
export { LiveFeed } from './live-feed.ts';
export { EVENT_STREAM, type NatsOptions, NatsOptionsSchema } from './options.ts';
export { type Lost, LostSchema, type OwnPart } from './owed.ts';
export { BusError } from './publisher.ts';
export { type ReplayParts, type ReplayProgress, type ReplayQuery, replay } from './replay.ts';
export type { BusMemory } from './stream-memory.ts';
export { boundsOf, followStream, payloadAt, type Reading, readStream, type StreamBounds, type StreamMessage } from './stream-reader.ts';
