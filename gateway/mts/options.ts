/** Settings of the MTS API's front (mts-actions-api 1). */
import Type, { type Static } from 'typebox';

export const MtsOptionsSchema = Type.Object(
  {
    maxBodyBytes: Type.Integer({ minimum: 1_024, maximum: 16_777_216, default: 65_536, description: 'Most bytes of a request body; beyond, 413' }),
    trustedProxies: Type.Array(Type.String({ pattern: '^[0-9a-fA-F:.]+(/[0-9]{1,3})?$' }), {
      default: [],
      description: 'Proxies that end TLS in front of us, as addresses or networks such as 10.0.0.0/8: their `X-Forwarded-Proto` says whether a call is HTTPS',
    }),
  },
  { additionalProperties: false, default: {} },
);

export type MtsOptions = Static<typeof MtsOptionsSchema>;
