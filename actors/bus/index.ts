/** The event bus: events for other systems through NATS JetStream (interfaces 5). */
export { type OpenBus, openBus } from './bus.ts';
export { type AnnouncementData, cloudEvent, createEventsChannel, EVENTS_CHANNEL, type EventsChannelOptions } from './channel.ts';
export { LiveFeed } from './live-feed.ts';
export { EVENT_STREAM, type NatsOptions, NatsOptionsSchema } from './options.ts';
export { BusError } from './publisher.ts';
