/** Settings of the outgoing webhook (appointments 1.6). Who is told is no setting: operators say so with `mw webhook set`. */
import Type, { type Static } from 'typebox';

const ms = (value: number, minimum: number, description: string) => Type.Integer({ minimum, default: value, description: `${description}, milliseconds` });
const networks = (description: string) =>
  Type.Array(Type.String({ pattern: '^[0-9a-fA-F:.]+/[0-9]{1,3}( +[0-9][0-9,-]*)?$' }), {
    default: [],
    description: `${description}: networks such as 10.0.0.0/8, ports behind a blank, such as 10.0.0.0/8 443,8443`,
  });

const DAY_MS = 86_400_000;

export const WebhookOptionsSchema = Type.Object(
  {
    allow: networks('Receivers that may be reached although their address is loopback, private, link-local or otherwise not public'),
    deny: networks('Receivers that may not be reached, whatever `allow` says'),
    caFile: Type.Optional(Type.String({ minLength: 1, description: 'PEM file of authorities that are trusted besides those of Node.js' })),
    timeoutMs: ms(10_000, 100, 'How long one delivery may take, from the look-up of the name to the answer'),
    maxAnswerBytes: Type.Integer({ minimum: 0, maximum: 1_048_576, default: 65_536, description: 'Bytes of an answer that are read' }),
    retryMs: ms(DAY_MS, 1_000, 'How long a delivery is tried again before the webhook is turned off'),
    firstPauseMs: ms(5_000, 10, 'Pause before the second try; it grows with every failure'),
    maxPauseMs: ms(3_600_000, 1_000, 'Longest pause between two tries'),
    perReceiver: Type.Integer({ minimum: 1, maximum: 64, default: 4, description: 'Deliveries of one supplier under way at once' }),
    maxInFlight: Type.Integer({ minimum: 1, maximum: 1_024, default: 64, description: 'Deliveries under way at once' }),
    rotationMs: ms(DAY_MS, 0, 'How long the secret of before signs too after `--rotate`'),
  },
  { additionalProperties: false, default: {} },
);

export type WebhookOptions = Static<typeof WebhookOptionsSchema>;
