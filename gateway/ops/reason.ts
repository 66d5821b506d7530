import Type from 'typebox';

/** Why somebody does something, for the audit trail; optional, one line. */
export const Reason = Type.Optional(Type.String({ minLength: 1, maxLength: 500, pattern: '^[^\\u0000-\\u001f\\u007f]*$' }));
