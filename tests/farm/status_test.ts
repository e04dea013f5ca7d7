/** What the status says while jobs move: each command of it is one at which they could. */
import assert from "node:assert/strict";
import { CAMERA_QUEUE, FILE_QUEUE, JOB, PREFIX } from "../../src/farm/names.ts";
import { type Job, Queue, Worker } from "../../src/farm/queue_packages.ts";
import { connectRedis, type Redis } from "../../src/farm/redis.ts";
import { farmStatus } from "../../src/farm/status.ts";
import { redisPresence, startRedis } from "../testing/redis.ts";

const presence = await redisPresence();

/** How a job goes on from a state, by who has it. */
interface Mover {
  readonly queue: Queue;
  readonly worker: Worker;
}

/** A round: after it the job is where it was. */
const MOVES: readonly ((mover: Mover) => Promise<void>)[] = [
  async ({ worker }) => assert.ok(await worker.getNextJob("token")),
  async ({ queue }) => await (await only(queue)).moveToDelayed(Date.now() + 3_600_000, "token"),
  async ({ queue }) => await (await only(queue)).promote(),
];

async function only(queue: Queue): Promise<Job> {
  return (await queue.getJob("gate-1"))!;
}

/** Runs `before` ahead of command number `at` of a connection; whether there was such a command. */
async function interject(
  redis: Redis,
  at: number,
  before: () => Promise<void>,
  run: () => Promise<void>,
): Promise<boolean> {
  const send = redis.sendCommand;
  let count = 0;
  redis.sendCommand = (command, stream) => {
    if (count++ === at) before().then(() => send.call(redis, command, stream), command.reject);
    else send.call(redis, command, stream);
    return command.promise;
  };
  try {
    await run();
  } finally {
    redis.sendCommand = send;
  }
  return count > at;
}

for (
  const { what, name, kind } of [
    { what: "file", name: FILE_QUEUE, kind: JOB.file },
    { what: "camera", name: CAMERA_QUEUE, kind: "camera" },
  ]
) {
  Deno.test({
    name: presence.name(
      `farmStatus() has a ${what} once, at whatever moment of it the ${what} moves on`,
    ),
    ignore: presence.ignore,
    async fn() {
      await using server = await startRedis();
      const [asking, moving] = [await connectRedis(server.url), await connectRedis(server.url)];
      const options = { connection: moving, prefix: PREFIX };
      const mover = { queue: new Queue(name, options), worker: new Worker(name, null, options) };
      try {
        await mover.queue.add(kind, { name: "gate", url: "u", input: "i" }, { jobId: "gate-1" });
        let moments = 0;
        let isWithin = true;
        for (let move = 0; isWithin; move++) {
          const go = () => MOVES[move % MOVES.length]!(mover);
          const at = Math.floor(move / MOVES.length);
          isWithin = await interject(asking, at, go, async () => {
            const { files, cameras, counts } = await farmStatus(asking);
            assert.deepEqual([...files, ...cameras].map(({ id }) => id), ["gate-1"]);
            const { waiting, running, retrying } = counts;
            assert.equal(waiting + running + retrying, files.length);
          });
          if (isWithin) moments++;
        }
        assert.ok(moments >= MOVES.length, `${moments} moments`);
      } finally {
        await mover.worker.close();
        await mover.queue.close();
        for (const redis of [asking, moving]) redis.disconnect();
      }
    },
  });
}
