/** Settings of meter profiles. */
import Type, { type Static } from 'typebox';
import { METER_TYPE_PATTERN } from './profile.ts';

/**
 * Members of a profile as a tree, whole or in part. What stands there is checked when the catalogue is made, against the schema of
 * profiles. `basedOn`: the type that a new one takes all other members from.
 */
const OverrideSchema = Type.Record(Type.String(), Type.Unknown());

export const ProfilesOptionsSchema = Type.Object(
  {
    types: Type.Record(Type.String({ pattern: METER_TYPE_PATTERN }), OverrideSchema, {
      default: {},
      description: 'Meter types by name: members that differ from the built-in ones, or a new type, whole or with `basedOn`',
    }),
  },
  { additionalProperties: false, default: {} },
);

export type ProfilesOptions = Static<typeof ProfilesOptionsSchema>;
