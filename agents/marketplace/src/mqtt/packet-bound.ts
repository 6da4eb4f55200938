import { Transform } from 'node:stream';

/**
 * Passes MQTT bytes on and ends the stream as soon as a packet announces more than `maxBytes` (MQTT 3.1.1, 2.2.3 Remaining
 * Length), so that nobody can make the broker buffer a large one. A malformed length ends it too.
 */
export function createPacketBound(maxBytes: number): Transform {
  let remaining = 0;
  let length = 0;
  let shift = -1;
  const read = (byte: number): boolean => {
    if (remaining > 0) {
      remaining -= 1;
      return true;
    }
    if (shift < 0) {
      shift = 0;
      length = 0;
      return true;
    }
    length += (byte & 0x7f) << shift;
    if (byte & 0x80) {
      shift += 7;
      return shift <= 21;
    }
    shift = -1;
    remaining = length;
    return length <= maxBytes;
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let at = 0;
      while (at < chunk.length) {
        if (remaining > 1) {
          const skipped = Math.min(remaining, chunk.length - at);
          remaining -= skipped;
          at += skipped;
        } else {
          if (!read(chunk[at] ?? 0)) return done(new Error('PACKET_TOO_LARGE'));
          at += 1;
        }
      }
      done(null, chunk);
    },
  });
}
