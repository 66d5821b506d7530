/** Every error code of the codecs, stable: programs branch on them. `docs/errors.md` shows this list. */
export const CODEC_ERRORS = {
  truncated: { text: 'The octets end before the value does.', remedy: 'Give all octets, or feed a stream decoder as they come.' },
  bad_length: {
    text: 'A length does not fit what it measures.',
    remedy: 'Look at the octet that the offset names; the sender counts wrongly or the frame is damaged.',
  },
  bad_bcc: { text: 'The block check character (XOR) does not match.', remedy: 'The telegram is damaged: ask for it again.' },
  bad_crc: { text: 'The CRC of the frame does not match.', remedy: 'The frame is damaged: ask for it again.' },
  bad_hcs: { text: 'The header check sequence of an HDLC frame does not match.', remedy: 'The frame is damaged: it is dropped, and the link repeats.' },
  bad_fcs: { text: 'The frame check sequence of an HDLC frame does not match.', remedy: 'The frame is damaged: it is dropped, and the link repeats.' },
  bad_tag: { text: 'The authentication tag does not match; no plaintext is returned.', remedy: 'Check keys, system titles and who the sender is.' },
  bad_version: { text: 'The version of the wrapper is not 1.', remedy: 'Check the framing of the connection: HDLC and wrapper are mixed up easily.' },
  bad_parity: { text: 'An octet does not carry even parity.', remedy: 'Check `comsSettings` and the line.' },
  bad_value: { text: 'A value is outside what its field can hold.', remedy: 'The rule names the field and its range.' },
  unexpected_octet: { text: 'An octet that the format does not allow at this place.', remedy: 'Check the protocol; the offset names the octet.' },
  unknown_tag: { text: 'A tag that the standard does not define.', remedy: 'Check the protocol; the offset names the tag.' },
  trailing_octets: { text: 'Octets follow a complete value.', remedy: 'Allow the leniency `trailing-octets`, or report the meter.' },
  unsupported: { text: 'Known to the standard and recognised, but not built.', remedy: 'The rule names it.' },
  too_deep: { text: 'Values are nested deeper than `maxDepth`.', remedy: 'Raise the limit if the data is real.' },
  too_many: { text: 'More elements than `maxElements`.', remedy: 'Raise the limit if the data is real.' },
  too_large: { text: 'More octets than the limit allows.', remedy: 'Raise the limit that the rule names if the data is real.' },
  bad_block: {
    text: 'A block of a transfer, or the answer to one, is not the one that must come next.',
    remedy: 'The transfer is lost: ask for the whole value again.',
  },
  missing_key: { text: 'A key or system title that the operation needs was not given.', remedy: 'Give what the rule names.' },
  stale_counter: { text: 'A received invocation counter is not above the last one.', remedy: 'A repeated or replayed message: drop it.' },
  counter_exhausted: {
    text: 'No invocation counter is left to send with.',
    remedy: 'Reserve another range, or change the key when the rule says that the key has none left.',
  },
} as const;

export type CodecErrorCode = keyof typeof CODEC_ERRORS;
