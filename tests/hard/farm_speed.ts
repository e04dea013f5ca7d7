/**
 * Compares one worker of the farm with two, each pinned to a core of its own; Linux, an otherwise
 * idle machine, redis-server installed:
 *
 *     deno run -q -P=test tests/hard/farm_speed.ts [rounds]
 */
import { measureFarm } from "../testing/farm_speed.ts";

const PARTS = 16;

if (import.meta.main) {
  const rounds = Number(Deno.args[0] ?? 3);
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const speeds = await measureFarm({ parts: PARTS, workers: [1, 2] });
    const [one, two] = [speeds.get(1)!, speeds.get(2)!];
    const ratio = one.seconds / two.seconds;
    ratios.push(ratio);
    console.log(
      `round ${round}: 1 worker ${one.seconds.toFixed(1)} s, 2 workers ${
        two.seconds.toFixed(1)
      } s, ` +
        `${ratio.toFixed(2)}×; by CPU time ${one.coreSeconds.toFixed(1)} and ` +
        `${two.coreSeconds.toFixed(1)} s, ${(one.coreSeconds / two.coreSeconds).toFixed(2)}×; ` +
        `load average ${Deno.loadavg()[0]!.toFixed(1)}`,
    );
  }
  const median = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)]!;
  console.log(`median of ${rounds}: ${median.toFixed(2)}×`);
}
