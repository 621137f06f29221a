/**
 * Writing HDF5 files of groups and float32 datasets: the parts of the format that all versions of its library read.
 *
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t11.html (HDF5 File Format Specification, version 1.1), and version 3.0 for links
 */

/** Numbers in a shape. */
export interface Hdf5Dataset {
  shape: readonly number[];
  values: Float32Array;
}

/** Groups and datasets by their names. */
export interface Hdf5Group {
  [name: string]: Hdf5Group | Hdf5Dataset;
}

/** What stands for an address that isn't there. */
const NOWHERE = 0xffff_ffff_ffff_ffffn;

const SUPERBLOCK_LENGTH = 96;

/** Kinds of messages in an object's header. */
const DATASPACE = 0x1;
const LINK_INFO = 0x2;
const DATATYPE = 0x3;
const LINK = 0x6;
const LAYOUT = 0x8;
const GROUP_INFO = 0xa;

/** Whole numbers, each in some bytes, little-endian. */
function bytes(...numbers: readonly (readonly [length: number, value: number | bigint])[]): Buffer {
  return Buffer.concat(
    numbers.map(([length, value]) => {
      const one = Buffer.alloc(8);
      one.writeBigUInt64LE(BigInt(value));
      return one.subarray(0, length);
    }),
  );
}

/** A multiple of 8 bytes: what follows lies on such a boundary. */
function padded(data: Uint8Array): Buffer {
  return Buffer.concat([data, Buffer.alloc((8 - (data.length % 8)) % 8)]);
}

type Message = readonly [kind: number, data: Uint8Array];

/** An object's header, of the messages that describe it. */
function header(messages: readonly Message[]): Buffer {
  const all = Buffer.concat(
    messages.map(([kind, data]) => {
      const filled = padded(data);
      return Buffer.concat([bytes([2, kind], [2, filled.length], [4, 0]), filled]);
    }),
  );
  return Buffer.concat([bytes([1, 1], [1, 0], [2, messages.length], [4, 1], [4, all.length], [4, 0]), all]);
}

/** IEEE 754, 32 bits: where its sign, exponent and mantissa are. */
const FLOAT32 = bytes(
  ...([
    [1, 0x11],
    [1, 0x20],
    [1, 31],
    [1, 0],
    [4, 4],
  ] as const),
  ...([
    [2, 0],
    [2, 32],
    [1, 23],
    [1, 8],
    [1, 0],
    [1, 23],
    [4, 127],
  ] as const),
);

function isDataset(part: Hdf5Group | Hdf5Dataset): part is Hdf5Dataset {
  return part.values instanceof Float32Array;
}

/** The bytes of a file with this as its root. */
export function hdf5(root: Hdf5Group): Buffer {
  const parts: Buffer[] = [];
  let end = SUPERBLOCK_LENGTH;
  const place = (data: Buffer): number => {
    const address = end;
    parts.push(data);
    end += data.length;
    return address;
  };

  /** @returns the address of the object's header */
  const write = (part: Hdf5Group | Hdf5Dataset): number => {
    if (isDataset(part)) {
      const { shape, values } = part;
      const address = place(padded(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)));
      return place(
        header([
          [DATASPACE, bytes([1, 1], [1, shape.length], [6, 0], ...shape.map((size) => [8, size] as const))],
          [DATATYPE, FLOAT32],
          [LAYOUT, bytes([1, 3], [1, 1], [8, address], [8, values.byteLength])],
        ]),
      );
    }
    const links = Object.entries(part).map(([name, child]): Message => {
      const text = Buffer.from(name, 'utf8');
      return [LINK, Buffer.concat([bytes([1, 1], [1, 0], [1, text.length]), text, bytes([8, write(child)])])];
    });
    return place(
      header([[LINK_INFO, bytes([2, 0], [8, NOWHERE], [8, NOWHERE])], [GROUP_INFO, bytes([2, 0])], ...links]),
    );
  };

  const address = write(root);
  const superblock = Buffer.concat([
    Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'),
    bytes([5, 0], [1, 8], [1, 8], [1, 0]), // versions, then the length of addresses and of lengths
    bytes([2, 4], [2, 16], [4, 0]),
    bytes([8, 0], [8, NOWHERE], [8, end], [8, NOWHERE]),
    bytes([8, 0], [8, address], [8, 0], [8, 0], [8, 0]), // the root
  ]);
  return Buffer.concat([superblock, ...parts]);
}
