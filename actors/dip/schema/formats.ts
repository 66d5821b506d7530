/** Formats of schema 011 (appointments 3), strict as we must write them. */
import Type from 'typebox';

/** `Closed` refuses members that the schema does not name. */
export const closed = { additionalProperties: false } as const;

export const DipId = Type.String({ minLength: 10, maxLength: 10 });
export const Mpid = Type.String({ pattern: '^[A-Z]{4}$' });
export const MpanCore = Type.String({ pattern: '^\\d{13}$' });
/** Exactly 25 characters with a numeric offset: no `Z`, no fraction. */
export const DateTime = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}[+-]\\d{2}:\\d{2}$' });
export const GspGroup = Type.String({ pattern: '^_[A-HJ-NP]$' });
export const Sur = Type.String({ pattern: '^S-((IF|REP)-)?\\d{3}[A-B]?-[0-9a-fA-F]{10}-[A-Z]{3,5}-\\d{8}-[a-zA-Z0-9]+$', maxLength: 200 });
export const EnvironmentTag = Type.Union(['PRD', 'SITB', 'SIT', 'UIT', 'DEV'].map((tag) => Type.Literal(tag)));
export const RoleId = Type.String({ pattern: '^[A-Z]{3,5}$' });

export const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
