import process from "node:process";

/** CPU time of this program so far, in milliseconds, user and system together. */
export interface CpuReading {
  /** All threads: workers, main thread, runtime. */
  readonly programMs: number;
  /** The main thread, which moves frames between the processes. */
  readonly mainThreadMs: number;
}

/** CPU time of this program so far, in milliseconds: every thread, user and system. Any thread may ask. */
export function programCpuMs(): number {
  return totalMs(process.cpuUsage());
}

/**
 * Reads the CPU clocks of the program and of the calling thread, which must be the main thread.
 * Needs no permission. Undefined where the system has no clock of a thread.
 */
export function readCpu(): CpuReading | undefined {
  try {
    return {
      programMs: programCpuMs(),
      mainThreadMs: totalMs(process.threadCpuUsage()),
    };
  } catch {
    return undefined;
  }
}

/** Milliseconds that one frame takes in each stage of a worker. */
export interface WorkerTimes {
  /** Resize and colour. */
  readonly prepare: number;
  /** The network. */
  readonly infer: number;
  /** Logits to the class map. */
  readonly label: number;
  /** Tinting the frame. */
  readonly blend: number;
}

/** CPU milliseconds that one frame costs, by stage; what was not measured is absent. */
export interface CpuCost extends WorkerTimes {
  /** ffmpeg's decoder, or drawing the street. */
  readonly decode?: number;
  /** ffmpeg's encoder. */
  readonly encode?: number;
  /** The main thread: frames through the pipes, their order, reports. */
  readonly transfer?: number;
}

/**
 * Splits the CPU time that the workers used for a frame over their stages.
 *
 * The clock of a stage runs on while its thread waits for a core, so on a busy machine wall times
 * add up to more than the CPU gave. The workers' CPU time is measured as a whole (program minus main
 * thread) and shared out by wall time; the network counts once for each of its threads. On another
 * provider than the CPU the network's wall time is mostly waiting, so it gets what the other stages
 * leave.
 *
 * @param cpuMs CPU milliseconds of all workers for a frame; undefined takes wall time for CPU time.
 */
export function splitWorkerCpu(
  wall: WorkerTimes,
  cpuMs: number | undefined,
  options: { provider: string; threadsPerWorker: number },
): WorkerTimes {
  const others = wall.prepare + wall.label + wall.blend;
  if (options.provider !== "cpu") {
    const infer = cpuMs === undefined ? 0 : Math.max(0, cpuMs - others);
    const scale = cpuMs === undefined || others === 0 ? 1 : Math.min(1, cpuMs / others);
    return scaled({ ...wall, infer: infer / scale }, scale);
  }
  const weights = { ...wall, infer: wall.infer * options.threadsPerWorker };
  const total = others + weights.infer;
  return scaled(weights, cpuMs === undefined || total === 0 ? 1 : cpuMs / total);
}

function scaled(times: WorkerTimes, factor: number): WorkerTimes {
  return {
    prepare: times.prepare * factor,
    infer: times.infer * factor,
    label: times.label * factor,
    blend: times.blend * factor,
  };
}

function totalMs(usage: { user: number; system: number }): number {
  return (usage.user + usage.system) / 1000;
}
