/**
 * The four passes of a high-level login (Green Book, HLS authentication; meter-protocols 5.9 and 5.10).
 *
 * ```
 *   client                                              server
 *   1  AARQ    CtoS (and its title)              ──►
 *   2                                            ◄──   AARE   StoC (and its title), diagnostic 14
 *   3  ACTION  f(StoC), `pass3`                  ──►    `pass3` checks
 *   4  `pass4` checks                            ◄──    f(CtoS), `pass4`
 * ```
 *
 * I1 A server answers pass 4 only after the right pass 3: it proves nothing to a client that has proved nothing.
 * I2 Each pass is taken once. After a wrong answer there is no second try with the same challenges.
 */
import { type CodecError, codecError, type Decoded, type Encoded } from '../common/index.ts';
import { type HlsPeer, type HlsProof, type HlsSide, hlsAnswer, hlsCheck } from './hls-value.ts';

type Pass = 'third' | 'fourth' | 'done' | 'failed';

const outOfOrder = (pass: string, now: Pass): CodecError => codecError('bad_value', 0, `${pass}: once, and in its order`, now);

/** A client that knows its own side; the meter's comes with the AARE. */
export class HlsClient {
  readonly #own: HlsSide;
  #peer: HlsPeer | undefined;
  #now: Pass = 'third';

  constructor(own: HlsSide) {
    this.#own = own;
  }

  /** Has the meter proved that it knows the secret? */
  get done(): boolean {
    return this.#now === 'done';
  }

  /**
   * f(StoC), the octet-string of ACTION `reply_to_HLS_authentication`. Errors: see {@link hlsAnswer}.
   * @param invocationCounter mechanism 5 only
   */
  pass3(server: HlsPeer, invocationCounter?: number): Encoded {
    if (this.#now !== 'third') return { kind: 'bad', error: outOfOrder('pass 3', this.#now) };
    const answer = hlsAnswer(this.#own, server, invocationCounter);
    this.#now = answer.kind === 'good' ? 'fourth' : 'failed';
    this.#peer = server;
    return answer;
  }

  /** Checks f(CtoS), the octet-string that the ACTION returned. Errors: see {@link hlsCheck}. */
  pass4(answer: Uint8Array): Decoded<HlsProof> {
    const peer = this.#peer;
    if (this.#now !== 'fourth' || peer === undefined) return { kind: 'bad', error: outOfOrder('pass 4', this.#now), consumed: answer.length };
    const proof = hlsCheck(this.#own, peer, answer);
    this.#now = proof.kind === 'good' ? 'done' : 'failed';
    return proof;
  }
}

/** A meter. The client's side came with the AARQ. */
export class HlsServer {
  readonly #own: HlsSide;
  readonly #client: HlsPeer;
  #now: Pass = 'third';

  constructor(own: HlsSide, client: HlsPeer) {
    this.#own = own;
    this.#client = client;
  }

  get done(): boolean {
    return this.#now === 'done';
  }

  /** Checks f(StoC). Errors: see {@link hlsCheck}. */
  pass3(answer: Uint8Array): Decoded<HlsProof> {
    if (this.#now !== 'third') return { kind: 'bad', error: outOfOrder('pass 3', this.#now), consumed: answer.length };
    const proof = hlsCheck(this.#own, this.#client, answer);
    this.#now = proof.kind === 'good' ? 'fourth' : 'failed';
    return proof;
  }

  /** f(CtoS). Errors: see {@link hlsAnswer}. */
  pass4(invocationCounter?: number): Encoded {
    if (this.#now !== 'fourth') return { kind: 'bad', error: outOfOrder('pass 4', this.#now) };
    const answer = hlsAnswer(this.#own, this.#client, invocationCounter);
    this.#now = answer.kind === 'good' ? 'done' : 'failed';
    return answer;
  }
}
