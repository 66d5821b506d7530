/** The meter's end of a wrapper connection: requests in, whatever the meter says out. For simulators and tests. */
import type { CodecError, LinkInput, LinkMachine, LinkStep } from '../common/index.ts';
import { encodeWrapperFrame, type WrapperFrame, type WrapperOptions } from './frame.ts';
import { WrapperStream } from './stream.ts';

export interface WrapperServerLinkOptions extends WrapperOptions {
  /** Logical devices that there are; frames for others are dropped. All where absent. */
  readonly serverWPorts?: readonly number[];
  /** Answers keep the order of ports of the request, as some makers do. Default false. */
  readonly unswappedPorts?: boolean;
}

export type WrapperServerCommand = {
  /** A reply or a notification: the wrapper makes no difference. */
  readonly type: 'send';
  readonly payload: Uint8Array;
  readonly clientWPort: number;
  readonly serverWPort: number;
};

export type WrapperServerEvent =
  | { readonly type: 'request'; readonly payload: Uint8Array; readonly clientWPort: number; readonly serverWPort: number }
  | { readonly type: 'dropped'; readonly octets: number; readonly reason: 'noise' | 'damaged' | 'ports'; readonly error?: CodecError }
  /** What was to be sent fits no frame. */
  | { readonly type: 'failed'; readonly reason: 'too-large'; readonly error: CodecError };

export class WrapperServerLink implements LinkMachine<WrapperServerCommand, WrapperServerEvent> {
  readonly #options: WrapperServerLinkOptions;
  readonly #stream: WrapperStream;

  constructor(options: WrapperServerLinkOptions = {}) {
    this.#options = options;
    this.#stream = new WrapperStream(options.limits === undefined ? {} : { limits: options.limits });
  }

  /** A meter waits for nothing: there is never a deadline. */
  step(input: LinkInput<WrapperServerCommand>, _nowMs: number): LinkStep<WrapperServerEvent> {
    switch (input.type) {
      case 'command':
        return this.#answer(input.command);
      case 'octets':
        return { send: [], events: this.#receive(input.octets), deadlineMs: null };
      case 'time':
        return { send: [], events: [], deadlineMs: null };
    }
  }

  #answer({ payload, clientWPort, serverWPort }: WrapperServerCommand): LinkStep<WrapperServerEvent> {
    const outcome = encodeWrapperFrame(
      this.#options.unswappedPorts === true
        ? { sourceWPort: clientWPort, destinationWPort: serverWPort, payload }
        : { sourceWPort: serverWPort, destinationWPort: clientWPort, payload },
    );
    if (outcome.kind === 'good') return { send: [outcome.octets], events: [], deadlineMs: null };
    return { send: [], events: [{ type: 'failed', reason: 'too-large', error: outcome.error }], deadlineMs: null };
  }

  #receive(octets: Uint8Array): WrapperServerEvent[] {
    const events: WrapperServerEvent[] = [];
    this.#stream.push(octets);
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind === 'frame') events.push(this.#request(event.frame));
      else if (event.kind === 'noise') events.push({ type: 'dropped', octets: event.octets, reason: 'noise' });
      else events.push({ type: 'dropped', octets: event.octets, reason: 'damaged', error: event.error });
    }
    return events;
  }

  #request({ sourceWPort, destinationWPort, payload }: WrapperFrame): WrapperServerEvent {
    const { serverWPorts } = this.#options;
    if (serverWPorts !== undefined && !serverWPorts.includes(destinationWPort)) return { type: 'dropped', octets: payload.length, reason: 'ports' };
    return { type: 'request', payload: payload.slice(), clientWPort: sourceWPort, serverWPort: destinationWPort };
  }
}
