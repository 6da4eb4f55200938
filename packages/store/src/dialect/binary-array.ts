/**
 * One-dimensional arrays in PostgreSQL's binary wire form (`array_send`): number of dimensions, whether there are nulls, the
 * element's type, length and lower bound, then each element with its length. Both drivers pass bytes on as they are where a
 * parameter is of an array type (`cast ${...} as bytea[]`), so that a batch of thousands of rows is not spelled as text first.
 */
const OID = { bytea: 17, bigint: 20, smallint: 21, integer: 23, text: 25 } as const;
const WIDTH = { bigint: 8, smallint: 2, integer: 4 } as const;
const HEAD = 20;

/** An array of whole numbers; each must fit its type, or this throws RangeError. */
export function numberArray(type: keyof typeof WIDTH, numbers: readonly number[]): Uint8Array {
  const width = WIDTH[type];
  const { bytes, view } = open(OID[type], numbers.length, numbers.length * (4 + width));
  let at = HEAD;
  for (const number of numbers) {
    view.setInt32(at, width);
    if (type === 'bigint') view.setBigInt64(at + 4, BigInt(number));
    else bytes.writeIntBE(number, at + 4, width);
    at += 4 + width;
  }
  return bytes;
}

/** An array of byte strings. */
export function bytesArray(items: readonly Uint8Array[]): Uint8Array {
  return variable(OID.bytea, items);
}

/** An array of texts of ASCII characters alone, e.g. addresses in hex. */
export function asciiArray(texts: readonly string[]): Uint8Array {
  return variable(
    OID.text,
    texts.map((text) => Buffer.from(text, 'latin1')),
  );
}

function variable(oid: number, items: readonly Uint8Array[]): Uint8Array {
  const { bytes, view } = open(
    oid,
    items.length,
    items.reduce((sum, item) => sum + 4 + item.length, 0),
  );
  let at = HEAD;
  for (const item of items) {
    view.setInt32(at, item.length);
    bytes.set(item, at + 4);
    at += 4 + item.length;
  }
  return bytes;
}

/** The head; an array without elements has no dimension, and nothing follows it. */
function open(oid: number, length: number, size: number): { readonly bytes: Buffer; readonly view: DataView } {
  const bytes = Buffer.alloc(length === 0 ? 12 : HEAD + size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setInt32(0, length === 0 ? 0 : 1);
  view.setInt32(8, oid);
  if (length > 0) {
    view.setInt32(12, length);
    view.setInt32(16, 1);
  }
  return { bytes, view };
}
