import type { Command } from "commander";
import { addCancelCommand } from "./farm/cancel.ts";
import { addStatusCommand } from "./farm/status.ts";
import { addSubmitCommand } from "./farm/submit.ts";
import { addWorkCommand } from "./farm/work.ts";

const EXAMPLES = `
Examples:
  segstream farm work --redis redis://10.0.0.1                       on every machine
  segstream farm submit /mnt/in/*.mp4 --out /mnt/out --redis redis://10.0.0.1
  segstream farm submit s3://films/long.mp4 --out s3://films/out --masks
  segstream farm submit --camera gate=rtsp://10.0.0.7/stream
  segstream farm status
  segstream farm cancel long.mp4-1f3a9c20de

SEGSTREAM_REDIS can stand in for --redis. A Redis on another machine needs
--allow-net=HOST behind -P, and so does an S3 endpoint. docs/farm.md has the rest.`;

/** Adds `segstream farm work|submit|status|cancel`: one queue, many machines. */
export function addFarmCommand(program: Command, exit: (code: number) => void): void {
  const farm = program.command("farm")
    .description("share files and cameras among several machines, by a queue in Redis")
    .addHelpText("after", EXAMPLES);
  addWorkCommand(farm, exit);
  addSubmitCommand(farm, exit);
  addStatusCommand(farm, exit);
  addCancelCommand(farm, exit);
}
