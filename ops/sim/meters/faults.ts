/** What a simulated meter does wrong, on demand. Every chance comes from the meter's seed. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

const closed = { additionalProperties: false } as const;
const chance = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: `${description}; a probability, default 0.` }));
const times = (description: string) => Type.Optional(Type.Integer({ minimum: 0, description: `${description}; how often, default 0.` }));
const flag = (description: string) => Type.Optional(Type.Boolean({ description: `${description}. Default false.` }));

export const FaultsSchema = Type.Object(
  {
    replyDelayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000, description: 'Every frame goes out so much later, milliseconds; default 0.' })),
    dropRate: chance('A frame of the meter is lost'),
    requestDropRate: chance('What arrives is lost'),
    noiseRate: chance('A frame of the meter is disturbed: an octet changed, or rubbish in front'),
    badCheckRate: chance('A frame of the meter has a wrong FCS, BCC or CRC'),
    wrongPassword: Type.Optional(
      Type.Enum(['standard', 'error', 'break', 'silent'], {
        description: 'How a wrong password is answered: as the protocol has it (default), by an error code, by ending the link, or not at all.',
      }),
    ),
    lockAfter: Type.Optional(Type.Integer({ minimum: 1, description: 'After so many wrong passwords the right one is refused too; default never.' })),
    serialNumber: Type.Optional(Type.String({ maxLength: 32, description: 'What the meter says its serial number is, in place of its own.' })),
    reboot: Type.Optional(
      Type.Object(
        {
          afterRequests: Type.Integer({ minimum: 1, description: 'Requests since the sign-on that are answered before.' }),
          silentMs: Type.Optional(Type.Integer({ minimum: 0, description: 'Not a word for so long, milliseconds; default 1000.' })),
          closes: Type.Optional(Type.Boolean({ description: 'The TCP connection is cut as well. Default false.' })),
          times: Type.Optional(Type.Integer({ minimum: 1, description: 'How often; default 1.' })),
        },
        { ...closed, description: 'The meter starts anew in the middle of a session: the request that follows is lost and the session forgotten.' },
      ),
    ),
    disconnect: Type.Optional(
      Type.Object(
        {
          afterRequests: Type.Integer({ minimum: 1, description: 'Requests since the sign-on that are answered before.' }),
          times: Type.Optional(Type.Integer({ minimum: 1, description: 'How often; default 1.' })),
        },
        { ...closed, description: 'The meter ends the link in mid-session: DM on HDLC, a break on IEC 62056-21, log-off on EDMI, closed TCP elsewhere.' },
      ),
    ),
    blocks: flag('Answers come in blocks, however short (DLMS, IEC 62056-21)'),
    doubledOctetString: flag('Read data stand twice in the answer (DLMS)'),
    shortBerLengths: flag('Lengths of the AARE are one short (DLMS)'),
    unswappedPorts: flag('Wrapper replies keep the order of ports of the request'),
    aarqForms: Type.Optional(
      Type.Array(Type.Enum(['usual', 'old-conformance-tag', 'alternative-tags']), {
        minItems: 1,
        description: 'Forms of the AARQ that are understood; default all.',
      }),
    ),
    aarqRefusal: Type.Optional(
      Type.Enum(['initiate-error', 'context', 'silent'], { description: 'What an AARQ of another form gets; default initiate-error.' }),
    ),
    clockSet: Type.Optional(
      Type.Enum(['accept', 'refuse', 'ignore'], {
        description: 'A clock that is written: as it should (default), access denied, or said to be done and not done.',
      }),
    ),
    loseWrites: times('The frame of a clock write does not arrive, so nothing is done'),
    loseWriteReplies: times('A clock write is done and its answer does not arrive'),
    lostReply: Type.Optional(
      Type.Enum(['frame', 'mute', 'close'], {
        description: 'A lost answer: that frame alone (default), nothing more on the connection, or the connection closed in its place.',
      }),
    ),
    halfOpen: flag('Takes the TCP connection and never answers'),
    endless: flag('Sends rubbish without end once it was spoken to'),
  },
  { ...closed, description: 'Faults of a meter; none by default.' },
);
export type Faults = Static<typeof FaultsSchema>;

const checker = Compile(FaultsSchema);

/** Faults of the control interface or a file; an error names field and rule. */
export function parseFaults(value: unknown): Faults | { readonly error: string } {
  if (checker.Check(value)) return value;
  const [first] = checker.Errors(value);
  return { error: `faults${first?.instancePath.replaceAll('/', '.') ?? ''}: ${first?.message ?? 'does not fit'}` };
}

/** The faults in force of one meter, and what is left of those that happen so many times. */
export class FaultBook {
  #faults: Faults;
  #left: Record<'loseWrites' | 'loseWriteReplies' | 'reboot' | 'disconnect', number>;

  constructor(faults: Faults = {}) {
    this.#faults = faults;
    this.#left = counts(faults);
  }

  get current(): Faults {
    return this.#faults;
  }

  /** Replaces all faults. */
  set(faults: Faults): void {
    this.#faults = faults;
    this.#left = counts(faults);
  }

  /** Does the fault happen now? Uses one of its times up. */
  strikes(name: 'loseWrites' | 'loseWriteReplies' | 'reboot' | 'disconnect'): boolean {
    if (this.#left[name] <= 0) return false;
    this.#left[name] -= 1;
    return true;
  }

  /** Is one left to come? */
  pending(name: 'loseWrites'): boolean {
    return this.#left[name] > 0;
  }
}

function counts(faults: Faults): Record<'loseWrites' | 'loseWriteReplies' | 'reboot' | 'disconnect', number> {
  return {
    loseWrites: faults.loseWrites ?? 0,
    loseWriteReplies: faults.loseWriteReplies ?? 0,
    reboot: faults.reboot === undefined ? 0 : (faults.reboot.times ?? 1),
    disconnect: faults.disconnect === undefined ? 0 : (faults.disconnect.times ?? 1),
  };
}
