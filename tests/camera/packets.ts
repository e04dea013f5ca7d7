/** Reads RTP packets and puts NAL units together again, as a player does: RFC 3550 and 6184. */

/** An RTP packet of an RTSP connection. */
export interface RtpPacket {
  readonly channel: number;
  readonly isLast: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

/** Reads a run of interleaved packets. */
export function parseInterleaved(bytes: Uint8Array): RtpPacket[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packets: RtpPacket[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint16(at + 2);
    packets.push({
      channel: view.getUint8(at + 1),
      isLast: view.getUint8(at + 5) >= 0x80,
      sequence: view.getUint16(at + 6),
      timestamp: view.getUint32(at + 8),
      ssrc: view.getUint32(at + 12),
      payload: bytes.slice(at + 16, at + 4 + length),
    });
    at += 4 + length;
  }
  return packets;
}

/** The NAL units in packets. */
export function joinPayloads(packets: readonly RtpPacket[]): Uint8Array[] {
  const nals: Uint8Array[] = [];
  for (const { payload } of packets) {
    const [indicator, header] = [payload[0]!, payload[1]!];
    if ((indicator & 31) !== 28) nals.push(payload);
    else if ((header & 0x80) !== 0) {
      nals.push(Uint8Array.of((indicator & 0xe0) | (header & 31), ...payload.subarray(2)));
    } else nals.push(Uint8Array.of(...nals.pop()!, ...payload.subarray(2)));
  }
  return nals;
}
