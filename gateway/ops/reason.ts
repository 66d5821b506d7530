import Type from 'typebox';

/** Why somebody does something, for the audit trail: one line. */
export const RequiredReason = Type.String({ minLength: 1, maxLength: 500, pattern: '^[^\\u0000-\\u001f\\u007f]*$', description: 'Kept in the audit trail' });
export const Reason = Type.Optional(RequiredReason);
