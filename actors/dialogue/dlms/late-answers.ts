/**
 * A wrapper link that hears only what answers the question at hand. TCP loses nothing, so the answer to a request that was given
 * up may still come, and must not pass for the answer to the next one (meter-protocols 5.1: a read follows a write of unknown
 * outcome). What it says is not accepted is dropped, and the wait goes on.
 */
import { type LinkCommand, type LinkInput, type LinkMachine, type LinkStep, must, wrapper } from '../../../workers/codec/index.ts';

export type Accepts = (payload: Uint8Array) => boolean;

export class SelectiveWrapperLink implements LinkMachine<LinkCommand, wrapper.WrapperLinkEvent> {
  readonly #link: wrapper.WrapperLink;
  readonly #stream: wrapper.WrapperStream;
  #accepts: Accepts = () => true;

  constructor(options: wrapper.WrapperLinkOptions) {
    this.#link = new wrapper.WrapperLink(options);
    this.#stream = new wrapper.WrapperStream({ wPorts: [options.clientWPort, options.serverWPort] });
  }

  /** What the next answers have to be. */
  expect(accepts: Accepts): void {
    this.#accepts = accepts;
  }

  step(input: LinkInput<LinkCommand>, nowMs: number): LinkStep<wrapper.WrapperLinkEvent> {
    return this.#link.step(input.type === 'octets' ? { type: 'octets', octets: this.#accepted(input.octets) } : input, nowMs);
  }

  #accepted(octets: Uint8Array): Uint8Array {
    const kept: Uint8Array[] = [];
    this.#stream.push(octets);
    for (let event = this.#stream.next(); event !== undefined; event = this.#stream.next()) {
      if (event.kind === 'frame' && this.#accepts(event.frame.payload)) kept.push(must(wrapper.encodeWrapperFrame(event.frame)));
    }
    return Buffer.concat(kept);
  }
}
