/** H.264 in RTP packets (RFC 6184, packetization mode 1), and those inside an RTSP connection. */

/** The dynamic payload type that the session description gives to the video. */
export const PAYLOAD_TYPE = 96;

/** Ticks a second of the clock of every H.264 stream. */
export const CLOCK_RATE = 90_000;

/** A camera's packets fit Ethernet's 1500 bytes, also where they travel in a TCP connection. */
const MOST_PAYLOAD_BYTES = 1400;

const HEADER_BYTES = 12;
const FRAGMENT_HEADER_BYTES = 2;
const FRAGMENT_TYPE = 28; // FU-A

/** Where the numbers of a stream begin; RFC 3550 wants them unpredictable. */
export interface RtpStart {
  /** 32 bits: who sends. */
  readonly ssrc: number;
  /** 16 bits: the first packet's. */
  readonly sequence: number;
}

/** Cuts access units into RTP packets with running sequence numbers. */
export class H264Packetiser {
  readonly #ssrc: number;
  #sequence: number;

  /** Makes the packets of one stream. */
  constructor(start: RtpStart) {
    this.#ssrc = start.ssrc;
    this.#sequence = start.sequence;
  }

  /**
   * The packets of one access unit: a NAL unit that fits is a packet (§5.6), a longer one several
   * fragments (FU-A, §5.8). The last packet has the marker bit.
   *
   * @param timestamp In ticks of {@link CLOCK_RATE}; its lowest 32 bits are sent.
   */
  packetise(nals: readonly Uint8Array[], timestamp: number): Uint8Array[] {
    const payloads = nals.flatMap(payloadsOf);
    return payloads.map((payload, index) => {
      const isLast = index === payloads.length - 1;
      const packet = new Uint8Array(HEADER_BYTES + payload.length);
      const view = new DataView(packet.buffer);
      view.setUint8(0, 2 << 6); // the version; no padding, extension or contributing sources
      view.setUint8(1, (isLast ? 0x80 : 0) | PAYLOAD_TYPE);
      view.setUint16(2, this.#sequence);
      view.setUint32(4, timestamp % 2 ** 32);
      view.setUint32(8, this.#ssrc);
      packet.set(payload, HEADER_BYTES);
      this.#sequence = (this.#sequence + 1) & 0xffff;
      return packet;
    });
  }
}

/** Packets as they stand in an RTSP connection (RFC 2326, §10.12): "$", channel, length, packet. */
export function interleave(packets: readonly Uint8Array[], channel: number): Uint8Array {
  const bytes = new Uint8Array(packets.reduce((sum, packet) => sum + 4 + packet.length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const packet of packets) {
    view.setUint8(at, 0x24);
    view.setUint8(at + 1, channel);
    view.setUint16(at + 2, packet.length);
    bytes.set(packet, at + 4);
    at += 4 + packet.length;
  }
  return bytes;
}

function payloadsOf(nal: Uint8Array): Uint8Array[] {
  if (nal.length <= MOST_PAYLOAD_BYTES) return [nal];
  const header = nal[0]!;
  const most = MOST_PAYLOAD_BYTES - FRAGMENT_HEADER_BYTES;
  const fragments: Uint8Array[] = [];
  // The NAL unit's own header byte is not sent: both bytes of the fragment's repeat it.
  for (let from = 1; from < nal.length; from += most) {
    const piece = nal.subarray(from, from + most);
    const isFirst = from === 1;
    const isLast = from + most >= nal.length;
    const fragment = new Uint8Array(FRAGMENT_HEADER_BYTES + piece.length);
    fragment[0] = (header & 0xe0) | FRAGMENT_TYPE;
    fragment[1] = (isFirst ? 0x80 : 0) | (isLast ? 0x40 : 0) | (header & 31);
    fragment.set(piece, FRAGMENT_HEADER_BYTES);
    fragments.push(fragment);
  }
  return fragments;
}
