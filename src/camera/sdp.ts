import type { Ratio } from "../frame/stream.ts";
import { CLOCK_RATE, PAYLOAD_TYPE } from "./rtp.ts";

/** What a decoder needs before the first picture: NAL units without start codes. */
export interface ParameterSets {
  /** The sequence's: profile, level, size. */
  readonly sequence: Uint8Array;
  /** The picture's. */
  readonly picture: Uint8Array;
}

/** The only stream's name behind the camera's path. */
export const TRACK = "track1";

/** The session description (RFC 4566) of one H.264 stream, its parameters by RFC 6184, §8.1. */
export function describeSession(sets: ParameterSets, frameRate: Ratio): string {
  const { sequence, picture } = sets;
  // profile_idc, the constraint flags and level_idc follow the NAL unit's header byte.
  const profile = sequence.subarray(1, 4).toHex().toUpperCase();
  const rate = Number((frameRate.numerator / frameRate.denominator).toFixed(3));
  const lines = [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=segstream camera",
    "c=IN IP4 0.0.0.0",
    "t=0 0",
    "a=control:*",
    `m=video 0 RTP/AVP ${PAYLOAD_TYPE}`,
    `a=rtpmap:${PAYLOAD_TYPE} H264/${CLOCK_RATE}`,
    `a=fmtp:${PAYLOAD_TYPE} packetization-mode=1;profile-level-id=${profile};` +
    `sprop-parameter-sets=${sequence.toBase64()},${picture.toBase64()}`,
    `a=framerate:${rate}`,
    `a=control:${TRACK}`,
  ];
  return lines.map((line) => `${line}\r\n`).join("");
}
