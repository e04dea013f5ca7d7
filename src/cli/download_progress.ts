import type { DownloadProgress } from "../model/download.ts";
import { startProgress } from "../report/progress.ts";

const KIBIBYTE = 1024;

/** Shows a download once its first bytes come; takes nothing of the screen where there is none. */
export function startDownloadProgress({ quiet }: { readonly quiet: boolean }): {
  /** What the download tells. */
  readonly onProgress: (name: string, progress: DownloadProgress) => void;
  /** Ends the display. Safe to call twice, and without a download. */
  readonly stop: () => void;
} {
  let progress: ReturnType<typeof startProgress> | undefined;
  return {
    onProgress(name, { received, total }) {
      if (progress === undefined) {
        const kibibytes = total === undefined ? undefined : Math.ceil(total / KIBIBYTE);
        progress = startProgress({ total: kibibytes, unit: "KiB", quiet });
        progress.note(`Downloading ${name}`);
      }
      progress.update(Math.ceil(received / KIBIBYTE));
    },
    stop: () => progress?.stop(),
  };
}
