/**
 * What a release of ffmpeg is called and how it spells its options. Releases are `[major, minor]`.
 */

/** A release of ffmpeg, such as `[4, 1]`. */
export type Release = readonly [major: number, minor: number];

/**
 * Which libavformat came with which release, newest first (ffmpeg.org/download.html#releases).
 * Nightly builds name a commit instead of a release; they are taken for the release before them.
 */
const LIBAVFORMAT_RELEASES: readonly (readonly [major: number, minor: number, of: Release])[] = [
  [62, 3, [8, 0]],
  [61, 7, [7, 1]],
  [61, 1, [7, 0]],
  [60, 16, [6, 1]],
  [60, 3, [6, 0]],
  [59, 27, [5, 1]],
  [59, 16, [5, 0]],
  [58, 76, [4, 4]],
  [58, 45, [4, 3]],
  [58, 29, [4, 2]],
  [58, 20, [4, 1]],
  [58, 12, [4, 0]],
];

/** What `ffmpeg -version` tells of a binary. */
export interface VersionReport {
  /** The version as the binary names itself, such as `5.1.9-0+deb12u1`. */
  readonly version: string;
  /** The release, or the one that a nightly build comes after. */
  readonly release: Release;
  /** Whether it was built with zimg, and so can convert between transfer curves. */
  readonly hasZscale: boolean;
}

/** Reads the output of `ffmpeg -version`; undefined when it is not that. */
export function parseVersion(text: string): VersionReport | undefined {
  const version = /^ff\w+ version (\S+)/m.exec(text)?.[1];
  if (version === undefined) return undefined;
  const release = releaseOfName(version) ?? releaseOfLibrary(text);
  if (release === undefined) return undefined;
  return { version, release, hasZscale: text.includes("--enable-libzimg") };
}

/** `5.1.9-0+deb12u1` and `n6.0`; not `N-47683-g0e8eb07980` nor `2024-01-01-git-…`. */
function releaseOfName(version: string): Release | undefined {
  const match = /^n?(\d{1,2})\.(\d+)/.exec(version);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

function releaseOfLibrary(text: string): Release | undefined {
  const match = /^libavformat\s+(\d+)\.\s*(\d+)/m.exec(text);
  if (!match) return undefined;
  const [major, minor] = [Number(match[1]), Number(match[2])];
  const newest = LIBAVFORMAT_RELEASES[0]!;
  if (major > newest[0]) return [newest[2][0] + major - newest[0], 0];
  return LIBAVFORMAT_RELEASES.find(([m, n]) => m < major || (m === major && n <= minor))?.[2];
}

/** Whether `release` is `wanted` or newer. */
export function isAtLeast(release: Release, wanted: Release): boolean {
  return release[0] > wanted[0] || (release[0] === wanted[0] && release[1] >= wanted[1]);
}

/** The option that passes every frame on with its own timestamp: none dropped, none doubled. */
export function passthroughOption(release: Release): readonly string[] {
  return isAtLeast(release, [5, 1]) ? ["-fps_mode", "passthrough"] : ["-vsync", "passthrough"];
}

/** The name of the RTSP demuxer's option for a socket timeout in microseconds. */
export function rtspTimeoutOption(release: Release): string {
  return isAtLeast(release, [5, 0]) ? "-timeout" : "-stimeout";
}
