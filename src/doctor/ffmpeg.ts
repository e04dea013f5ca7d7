import { type FfmpegBinary, findFfmpeg, findFfprobe } from "../ffmpeg/binary.ts";
import { listCapabilities } from "../ffmpeg/capabilities.ts";
import { isAtLeast, type Release } from "../ffmpeg/release.ts";
import { type Finding, findingOf, shortPath } from "./finding.ts";

/** What was found, and the programs that were found on the way. */
export interface FfmpegExamination {
  readonly findings: readonly Finding[];
  /** The paths of ffmpeg and ffprobe, as far as they were found. */
  readonly programs: readonly string[];
}

/** Releases before this one get no repairs any more (ffmpeg.org/download.html). */
const OLDEST_TRUSTED: Release = [5, 1];

/** When a series of releases began. */
const YEARS: Readonly<Record<string, number>> = {
  "4.0": 2018,
  "4.1": 2018,
  "4.2": 2019,
  "4.3": 2020,
  "4.4": 2021,
  "5.0": 2022,
};

/** Encoders worth telling of: the defaults of the containers, and those in hardware. */
const NOTED_ENCODERS =
  /^(libx264|libx265|libvpx-vp9|libsvtav1|(h264|hevc|av1)_(nvenc|qsv|amf|vaapi|videotoolbox))$/;

/** Looks at ffmpeg and ffprobe. */
export async function examineFfmpeg(
  options: { readonly ffmpeg?: string | undefined },
): Promise<FfmpegExamination> {
  const findings: Finding[] = [];
  const programs: string[] = [];
  try {
    const binary = await findFfmpeg({ path: options.ffmpeg });
    programs.push(binary.path);
    findings.push(describeFfmpeg(binary), ...await describeCapabilities(binary));
  } catch (error) {
    findings.push(findingOf(error, { area: "ffmpeg", name: "ffmpeg", status: "problem" }));
  }
  try {
    const path = await findFfprobe({ ffmpeg: options.ffmpeg });
    const { version } = await findFfmpeg({ path });
    programs.push(path);
    findings.push({
      ...{ area: "ffmpeg", name: "ffprobe", status: "ok", state: `${version}, ${shortPath(path)}` },
    });
  } catch (error) {
    findings.push(findingOf(error, { area: "ffmpeg", name: "ffprobe", status: "problem" }));
  }
  return { findings, programs };
}

function describeFfmpeg({ path, version, release }: FfmpegBinary): Finding {
  const finding = { area: "ffmpeg", name: "ffmpeg" } as const;
  if (isAtLeast(release, OLDEST_TRUSTED)) {
    return { ...finding, status: "ok", state: `${version}, ${shortPath(path)}` };
  }
  const series = release.join(".");
  const year = YEARS[series];
  return {
    ...finding,
    status: "warning",
    state: `${version}, release ${series}${year === undefined ? "" : ` of ${year}`}, ${
      shortPath(path)
    }`,
    mend: "It works, but its decoders lack years of repairs, and a newer one encodes faster. For " +
      "videos from strangers name a newer one with --ffmpeg or SEGSTREAM_FFMPEG " +
      "(SEGSTREAM_FFMPEG=ffmpeg takes the system's).",
  };
}

async function describeCapabilities(binary: FfmpegBinary): Promise<Finding[]> {
  const { encoders, hardwareDecoders } = await listCapabilities(binary);
  const noted = [...encoders].filter((name) => NOTED_ENCODERS.test(name));
  const hasDefault = encoders.has("libx264");
  return [
    {
      ...{ area: "ffmpeg", name: "encoders", status: hasDefault ? "ok" : "problem" },
      state: noted.join(", ") || "none for H.264, HEVC, VP9 or AV1",
      ...(!hasDefault && {
        mend: "libx264 is the default: name another with --encoder, or an ffmpeg that has it.",
      }),
    },
    {
      area: "ffmpeg",
      name: "hardware decoders",
      status: hardwareDecoders.length > 0 ? "ok" : "absent",
      state: hardwareDecoders.length > 0
        ? `built with ${hardwareDecoders.join(", ")}`
        : "it was built with none",
    },
  ];
}
