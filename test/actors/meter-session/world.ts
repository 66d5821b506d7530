/** Sessions over real sockets, with simulated meters or with a dialogue that the test writes. */
import { randomBytes } from 'node:crypto';
import { Default } from 'typebox/value';
import { createDialogue, type Dialogue, type DialogueSetup } from '../../../actors/dialogue/index.ts';
import type { Clock } from '../../../actors/engine/ports.ts';
import { LinesOptionsSchema } from '../../../actors/line/index.ts';
import {
  createAddressRules,
  createLinkOpener,
  type LinkOpener,
  type LinksOptions,
  LinksOptionsSchema,
  parseRemoteAddress,
} from '../../../actors/link/index.ts';
import {
  type SessionOptions,
  SessionOptionsSchema,
  type SessionOrder,
  SessionRegistry,
  SessionRunner,
  type SessionRunnerSetup,
  sessionPolicyOf,
} from '../../../actors/meter-session/index.ts';
import { createProfileCatalogue } from '../../../actors/profile/index.ts';
import type { Intent, SessionPolicy, SessionProgress } from '../../../machines/meter-session/index.ts';
import { keptLog, realClock } from '../../support/real-ports.ts';

export function sessionOptions(): SessionOptions {
  return Default(SessionOptionsSchema, {}) as SessionOptions;
}

/** Without the guard that would make a test wait for the next half hour to be far enough. */
export function sessionPolicy(change: Partial<SessionPolicy['guards']> = {}): SessionPolicy {
  const policy = sessionPolicyOf(sessionOptions());
  return { ...policy, guards: { ...policy.guards, boundary: { ...policy.guards.boundary, withinSeconds: 0 }, ...change } };
}

/** Links to meters on this machine. @param tcp settings that differ */
export function loopbackLinks(clock: Clock = realClock, tcp: Partial<LinksOptions['tcp']> = {}): LinkOpener {
  const given = Default(LinksOptionsSchema, { tcp: { allow: ['127.0.0.0/8'], ...tcp } }) as LinksOptions;
  const lines = Default(LinesOptionsSchema, {}) as Parameters<typeof createAddressRules>[0]['lines'];
  return createLinkOpener({ clock, options: given, rules: createAddressRules({ links: given, lines }) });
}

const profiles = createProfileCatalogue();

export function sessionWorld(change: Partial<SessionRunnerSetup> = {}) {
  const registry = new SessionRegistry();
  const log = keptLog();
  const runner = new SessionRunner({
    ports: { clock: realClock, log },
    policy: sessionPolicy(),
    zoneExceptions: [],
    maxTraceOctets: 32_768,
    links: loopbackLinks(),
    createDialogue,
    services: {
      meterKeys: async () => undefined,
      reserveCounters: async () => ({ from: 1, count: 1_000 }),
      random: (count) => randomBytes(count),
    },
    profileOf: (meterType) => profiles.find(meterType),
    parseAddress: (text) => parseRemoteAddress(text),
    openPassword: (sealed) => sealed.replace(/^sealed:/, ''),
    conditions: () => ({ hostClock: { good: true }, stopped: false }),
    registry,
    ...change,
  });
  const progress: SessionProgress[] = [];
  const intents: number[] = [];
  return {
    runner,
    registry,
    log,
    progress,
    intents,
    stages: () => progress.map(({ stage }) => stage),
    watcher: (answer: Intent = { kind: 'go' }, onProgress?: (progress: SessionProgress) => void, mayWrite = () => true) => ({
      progress: (told: SessionProgress) => {
        progress.push(told);
        onProgress?.(told);
      },
      intend: async ({ offsetSeconds }: { readonly offsetSeconds: number }) => {
        intents.push(offsetSeconds);
        return answer;
      },
      mayWrite,
    }),
  };
}

export function order(
  meter: { readonly meterType: string; readonly port: number; readonly password?: string; readonly serialNumber?: string },
  change: Partial<SessionOrder> = {},
): SessionOrder {
  const remoteAddress = `127.0.0.1:${meter.port}`;
  return {
    requestId: 1,
    attempt: 1,
    target: {
      meterType: meter.meterType,
      remoteAddress,
      canonicalAddress: `tcp:${remoteAddress}`,
      ...(meter.serialNumber === undefined ? {} : { serialNumber: meter.serialNumber }),
    },
    task: 'time-update',
    priority: 'immediate',
    trace: false,
    ...(meter.password === undefined ? {} : { sealedPassword: `sealed:${meter.password}` }),
    ...change,
  };
}

/** A dialogue whose steps all succeed; the meter's clock is `aheadSeconds` ahead until it is written. */
export function scriptedDialogue({ clock }: DialogueSetup, aheadSeconds = 60, change: Partial<Dialogue> = {}): Dialogue {
  let ahead = aheadSeconds * 1_000;
  const stamp = () => ({ wallMs: clock.now(), monotonicMs: clock.monotonic() });
  return {
    signOn: async () => {},
    identify: async () => 'scripted',
    logIn: async () => {},
    readSerial: async () => 'S1',
    readClock: async () => {
      const at = stamp();
      return { meterAt: at.wallMs + ahead, wholeSeconds: false, sentAt: at, firstAt: at, repeated: false, flags: [] };
    },
    writeOctets: 20,
    transitMs: 0,
    writeClock: async (target) => {
      ahead = target() - clock.now();
    },
    keepAlive: async () => {},
    logOff: async () => {},
    ...change,
  };
}
