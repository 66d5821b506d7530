/** `codec`: how fast the codecs are, against the floors of the same octets: their CRC alone, and a copy of them. */
import { crcX25, data, hdlc, must } from '../../workers/codec/index.ts';
import { frameCases, hdlcFrame } from './codec/frames.ts';
import { bestUs } from './measure.ts';
import { absolute, against, type Bench, type Reporter } from './report.ts';

const PROFILE_ROWS = 48;

const megabytes = (octets: number, us: number): number => octets / us;

/** HDLC against its own checksum over the same octets, and a copy. */
function hdlcFloors(report: Reporter): void {
  const long = hdlcFrame(1_024);
  const short = hdlcFrame(117);
  const copy = new Uint8Array(long.length);
  const us = bestUs({
    long: () => hdlc.decodeHdlcFrame(long),
    crc: () => crcX25(long, 1, long.length - 3),
    copy: () => copy.set(long),
    short: () => hdlc.decodeHdlcFrame(short),
  });
  const rate = megabytes(long.length, us.long);
  report.say(
    `  memory copy ${megabytes(long.length, us.copy).toFixed(0)} MB/s, X-25 alone ${megabytes(long.length, us.crc).toFixed(0)} MB/s, ${long.length} octets`,
  );
  report.line(against('codec.hdlc.1k', rate, 'MB/s', 'its X-25 alone', megabytes(long.length, us.crc), '>= 0.6', (ratio) => ratio >= 0.6));
  report.line(absolute('codec.hdlc.1k.rate', rate, 'MB/s', '>= 200', rate >= 200));
  report.line(absolute(`codec.hdlc.${short.length}`, us.short, 'us', '< 0.6', us.short < 0.6));
}

/** A day of a load profile: octet-string 12, two double-long-unsigned, unsigned. */
function profileBuffer(): Uint8Array {
  const items = Array.from({ length: PROFILE_ROWS }, (_, row) => ({
    type: 'structure' as const,
    items: [
      { type: 'octet-string' as const, octets: Uint8Array.of(7, 234, 11, 21, 6, row >> 1, (row & 1) * 30, 0, 0, 0, 0, 0) },
      { type: 'double-long-unsigned' as const, value: 1_000_000 + row },
      { type: 'double-long-unsigned' as const, value: 70_000 + row },
      { type: 'unsigned' as const, value: row },
    ],
  }));
  return must(data.encodeData({ type: 'array', items }));
}

function profile(report: Reporter): void {
  const octets = profileBuffer();
  const shape = data.columnShapeOf(octets);
  if (shape.kind !== 'good') throw new Error('bench: the profile has a shape');
  const first = data.decodeColumns(octets, shape.value);
  if (first.kind !== 'good' || first.value.rows !== PROFILE_ROWS) throw new Error('bench: the profile decodes');
  const into = first.value;
  const us = bestUs({
    columns: () => data.decodeColumns(octets, shape.value, into),
    fresh: () => data.decodeColumns(octets, shape.value),
    objects: () => data.decodeData(octets),
  });
  report.say(`  profile of ${PROFILE_ROWS} rows, ${octets.length} octets; columns in new memory ${us.fresh.toFixed(2)} us`);
  report.line(absolute('codec.profile.columns', us.columns, 'us', '< 1.5', us.columns < 1.5));
  report.line(absolute('codec.profile.objects', us.objects, 'us', '< 8', us.objects < 8));
}

function everyProtocol(report: Reporter): void {
  for (const { name, octets, decode, encode } of frameCases()) {
    const copy = new Uint8Array(octets.length);
    const us = bestUs({ decode, encode, copy: () => copy.set(octets) });
    for (const way of ['decode', 'encode'] as const) {
      const perSecond = 1e6 / us[way];
      report.line(against(`codec.${name}.${way}`, perSecond, 'frames/s', 'a copy of the octets', 1e6 / us.copy, 'none', () => true));
      report.line(absolute(`codec.${name}.${way}.rate`, megabytes(octets.length, us[way]), 'MB/s', 'none', true));
    }
  }
}

export const codec: Bench = {
  name: 'codec',
  about: 'frames and megabytes a second of every protocol, decode and encode; HDLC against its CRC; a profile to columns and to objects',
  async run(report) {
    hdlcFloors(report);
    profile(report);
    everyProtocol(report);
  },
};
