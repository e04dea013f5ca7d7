/**
 * What the NUT reader and writer share: startcodes, flags and the checksum of the NUT open container
 * format, version 3 (nut.txt of 2008-05 and later).
 */

/** What a NUT file begins with. */
export const NUT_FILE_ID: Uint8Array = new TextEncoder().encode("nut/multimedia container\0");

/** The eight bytes that open a packet; the first is always "N", which is no frame code. */
export const NUT_STARTCODE = {
  main: 0x4E4D7A561F5F04ADn,
  stream: 0x4E5311405BF2F9DBn,
  syncpoint: 0x4E4BE4ADEECA4569n,
  index: 0x4E58DD672F23E64En,
  info: 0x4E49AB68B596BA78n,
} as const;

/** "N": the first byte of every startcode. */
export const NUT_STARTCODE_BYTE = 0x4E;

/** Frame flags. */
export const NUT_FLAG = {
  /** The frame is a keyframe. */
  key: 1,
  /** The stream ends until its next keyframe. */
  endOfRelevance: 2,
  /** The PTS is written in the frame header. */
  codedPts: 8,
  streamId: 16,
  /** The high part of the size is written in the frame header. */
  sizeMsb: 32,
  checksum: 64,
  reserved: 128,
  /** Side data and metadata lie before the payload (version 4). */
  sideData: 256,
  headerIndex: 1024,
  matchTime: 2048,
  /** Further flags are written in the frame header. */
  coded: 4096,
  invalid: 8192,
} as const;

/** Packets longer than this carry a checksum of their header. */
export const NUT_LONG_PACKET = 4096;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04C11DB7 : 0);
  return crc >>> 0;
});

/** CRC-32 with the generator 0x04C11DB7, most significant bit first, from 0, not inverted. */
export function nutChecksum(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) crc = (crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ byte]!;
  return crc >>> 0;
}
