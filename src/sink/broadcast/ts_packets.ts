/**
 * MPEG transport streams, as far as a broadcast must understand one to cut it: packets, tables and
 * where the key frames begin.
 *
 * Fields are those of ISO/IEC 13818-1: §2.4.3.2 packet, §2.4.3.4 adaptation field, §2.4.3.6 PES
 * header, §2.4.4.3 program association table, §2.4.4.8 program map table.
 */

/** Bytes of every packet. */
export const PACKET_BYTES = 188;

/** Timestamps are 33 bits of 90 kHz: they begin again after 26.5 hours. */
export const PTS_MODULUS = 2 ** 33;

/** What timestamps count a second. */
export const PTS_HZ = 90_000;

/** The picture that a piece begins with. */
export interface KeyFrame {
  /** When it is shown: 90 kHz, modulo {@link PTS_MODULUS}. */
  readonly pts: number;
  /** The tables to read it by: what a reader that begins here wants to see first. */
  readonly tables: Uint8Array;
}

/** Whole packets that follow each other. */
export interface TsPiece {
  /** May be a view of what was pushed; not to be changed. */
  readonly bytes: Uint8Array;
  /** The key frame that it begins with; undefined where it goes on with what came before. */
  readonly key: KeyFrame | undefined;
  /** How many pictures begin in it. */
  readonly frames: number;
}

/** H.264 in the program map table. */
const H264_STREAM_TYPE = 0x1B;

const SYNC_BYTE = 0x47;

/** The flags behind the length of an adaptation field. */
const DISCONTINUITY = 0x80;
const RANDOM_ACCESS = 0x40;

/** Ticks from one time to a later one, over the wrap of the counter. */
export function ptsElapsed(from: number, to: number): number {
  return (to - from + PTS_MODULUS) % PTS_MODULUS;
}

/**
 * Cuts a transport stream with one H.264 track into pieces: each of whole packets, and a new one at
 * every key frame. Nothing is held back but a packet that is not whole.
 */
export class TsSplitter {
  #rest: Uint8Array = new Uint8Array(0);
  /** The newest program association and program map. */
  #association: Uint8Array | undefined;
  #map: Uint8Array | undefined;
  #mapPid: number | undefined;
  #videoPid: number | undefined;

  /**
   * Takes the next bytes, cut anywhere.
   *
   * @throws {RangeError} If they are no transport stream.
   */
  push(chunk: Uint8Array): TsPiece[] {
    const bytes = this.#rest.length === 0 ? chunk : concatenate([this.#rest, chunk]);
    const end = bytes.length - bytes.length % PACKET_BYTES;
    this.#rest = bytes.slice(end);
    const pieces: TsPiece[] = [];
    let start = 0;
    let key: KeyFrame | undefined;
    let frames = 0;
    const cut = (at: number) => {
      if (at > start) pieces.push({ bytes: bytes.subarray(start, at), key, frames });
      start = at;
      frames = 0;
    };
    for (let at = 0; at < end; at += PACKET_BYTES) {
      const packet = readPacket(bytes.subarray(at, at + PACKET_BYTES));
      this.#keepTable(packet);
      if (packet.pid !== this.#videoPid || !packet.isUnitStart) continue;
      if (packet.isRandomAccess) {
        cut(at);
        key = { pts: readPts(packet), tables: concatenate([this.#association!, this.#map!]) };
      }
      frames++;
    }
    cut(end);
    return pieces;
  }

  #keepTable(packet: Packet): void {
    if (!packet.isUnitStart) return;
    if (packet.pid === 0) {
      this.#association = packet.bytes.slice();
      this.#mapPid = mapPidOf(sectionOf(packet));
    } else if (packet.pid === this.#mapPid) {
      this.#map = packet.bytes.slice();
      this.#videoPid = videoPidOf(sectionOf(packet));
    }
  }
}

/** Says in a copy of a key frame's piece that packets are missing before it (§2.4.3.5). */
export function markDiscontinuity(key: Uint8Array): Uint8Array {
  const marked = key.slice();
  // Where a key frame begins there is an adaptation field: it says so itself.
  marked[5]! |= DISCONTINUITY;
  return marked;
}

/** The parts as one. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((total, { length }) => total + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

interface Packet {
  readonly bytes: Uint8Array;
  readonly pid: number;
  /** A PES packet or a section begins here. */
  readonly isUnitStart: boolean;
  readonly isRandomAccess: boolean;
  readonly payloadAt: number;
}

function readPacket(bytes: Uint8Array): Packet {
  if (bytes[0] !== SYNC_BYTE) {
    throw new RangeError("Cannot split the transport stream: a packet lacks its sync byte.");
  }
  const hasAdaptation = (bytes[3]! & 0x20) !== 0;
  const adaptationLength = hasAdaptation ? bytes[4]! : 0;
  return {
    bytes,
    pid: (bytes[1]! & 0x1F) << 8 | bytes[2]!,
    isUnitStart: (bytes[1]! & 0x40) !== 0,
    isRandomAccess: adaptationLength > 0 && (bytes[5]! & RANDOM_ACCESS) !== 0,
    payloadAt: hasAdaptation ? 5 + adaptationLength : 4,
  };
}

/** The section that begins in a packet, without its CRC; tables of one program fit into a packet. */
function sectionOf({ bytes, payloadAt }: Packet): Uint8Array {
  const start = payloadAt + 1 + bytes[payloadAt]!;
  const length = (bytes[start + 1]! & 0x0F) << 8 | bytes[start + 2]!;
  return bytes.subarray(start, start + 3 + length - 4);
}

/** The first program; number 0 is the network's. */
function mapPidOf(section: Uint8Array): number | undefined {
  for (let at = 8; at + 4 <= section.length; at += 4) {
    const program = section[at]! << 8 | section[at + 1]!;
    if (program !== 0) return (section[at + 2]! & 0x1F) << 8 | section[at + 3]!;
  }
  return undefined;
}

function videoPidOf(section: Uint8Array): number | undefined {
  const programInfo = (section[10]! & 0x0F) << 8 | section[11]!;
  for (let at = 12 + programInfo; at + 5 <= section.length;) {
    if (section[at] === H264_STREAM_TYPE) {
      return (section[at + 1]! & 0x1F) << 8 | section[at + 2]!;
    }
    at += 5 + ((section[at + 3]! & 0x0F) << 8 | section[at + 4]!);
  }
  return undefined;
}

/** The PTS of the PES packet that begins here: 3, 15 and 15 bits, a marker behind each. */
function readPts({ bytes, payloadAt }: Packet): number {
  const at = payloadAt + 9;
  const high = (bytes[at]! >> 1) & 0x07;
  const middle = bytes[at + 1]! << 7 | bytes[at + 2]! >> 1;
  const low = bytes[at + 3]! << 7 | bytes[at + 4]! >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}
