import Type, { type Static } from 'typebox';

export const LogOptionsSchema = Type.Object(
  {
    level: Type.Union([Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error'), Type.Literal('silent')], {
      default: 'info',
      description: 'The least severe lines that are written',
    }),
  },
  { additionalProperties: false },
);
export type LogOptions = Static<typeof LogOptionsSchema>;
