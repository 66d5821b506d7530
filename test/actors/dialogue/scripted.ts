/** A small meter over real TCP: a codec's server link, and a script that answers. And the dialogue that talks to it. */
import type { ExecutionContext } from 'ava';
import { createDialogue, type Dialogue, DialogueError, type DialogueSetup, type StepLimits } from '../../../actors/dialogue/index.ts';
import type { Link } from '../../../actors/link/index.ts';
import { createProfileCatalogue, type MeterProfile } from '../../../actors/profile/index.ts';
import type { LinkInput, LinkMachine } from '../../../workers/codec/index.ts';
import { NEVER, openTo, startPeer } from '../../support/link/peer.ts';
import { until } from '../../support/process/until.ts';
import { realClock } from '../../support/real-ports.ts';

/** One connection of a meter: what its link says goes to `obey`, whose commands go back. `hang-up-tcp` destroys the socket. */
export interface Script<Command, Event> {
  readonly machine: LinkMachine<Command, Event>;
  obey(event: Event): readonly (Command | 'hang-up-tcp')[];
}

export interface ScriptedMeter {
  readonly port: number;
  /** Connections so far. */
  readonly connections: number;
}

/** Listens until the test ends; `script` is asked anew for each connection. */
export async function startMeter<Command, Event>(t: ExecutionContext, script: () => Script<Command, Event>): Promise<ScriptedMeter> {
  let connections = 0;
  const peer = await startPeer(t, (socket) => {
    connections += 1;
    const { machine, obey } = script();
    const step = (input: LinkInput<Command>): void => {
      const { send, events } = machine.step(input, realClock.monotonic());
      for (const octets of send) socket.write(octets);
      for (const command of events.flatMap((event) => obey(event))) {
        if (command === 'hang-up-tcp') socket.destroy();
        else step({ type: 'command', command });
      }
    };
    socket.on('data', (octets) => step({ type: 'octets', octets: Uint8Array.from(octets) }));
  });
  return {
    port: peer.port,
    get connections() {
      return connections;
    },
  };
}

/** Members of the profile that a test changes: pauses of milliseconds in place of seconds, above all. */
export type ProfileChange = { readonly timing?: Partial<MeterProfile['timing']> } & Readonly<Record<string, unknown>>;

export function profileOf(meterType: string, change: ProfileChange = {}): MeterProfile {
  const timing = { replyTimeoutMs: 5_000, interOctetMs: 500, pauseBeforeRequestMs: 1, pauseBetweenRetriesMs: 1, ...change.timing };
  const found = createProfileCatalogue({ types: { [meterType]: { ...change, timing } } }).find(meterType);
  if (found === undefined) throw new Error(`no profile ${meterType}`);
  return found;
}

/** The meter has heard so many requests: a break is not answered, so it may still be on its way when its sender goes on. */
export async function hears(meter: { readonly heard: readonly string[] }, count: number): Promise<readonly string[]> {
  await until(`${count} requests: ${meter.heard.join(', ')}`, () => meter.heard.length >= count);
  return meter.heard;
}

export const within = (ms: number, signal = NEVER): StepLimits => ({ signal, deadlineMs: realClock.monotonic() + ms });

export interface Talk {
  readonly dialogue: Dialogue;
  readonly link: Link;
  readonly limits: StepLimits;
}

/** The dialogue of the profile with what listens on the port. */
export async function talkTo(t: ExecutionContext, port: number, profile: MeterProfile, given: Partial<DialogueSetup> = {}): Promise<Talk> {
  const link = given.link ?? (await openTo(t, port));
  const dialogue = createDialogue({
    profile,
    clock: realClock,
    reopen: () => openTo(t, port),
    services: {
      meterKeys: async () => undefined,
      reserveCounters: async () => ({ from: 1, count: 1 }),
      random: (count) => new Uint8Array(count).fill(7),
    },
    ...given,
    link,
  });
  return { dialogue, link, limits: within(10_000) };
}

/** Signs on and logs in. */
export async function loggedIn(talk: Talk): Promise<Talk> {
  await talk.dialogue.signOn(talk.limits);
  await talk.dialogue.logIn(talk.limits);
  return talk;
}

/** The error of a step that must fail. */
export async function errorOfStep(t: ExecutionContext, step: Promise<unknown>): Promise<DialogueError> {
  const error = await t.throwsAsync(step);
  if (error instanceof DialogueError) return error;
  throw error ?? new Error('no error');
}

/** Its class and the meter's code. */
export async function failureOf(t: ExecutionContext, step: Promise<unknown>): Promise<readonly [string, string | undefined]> {
  const error = await errorOfStep(t, step);
  return [error.class, error.meterCode];
}
