import assert from "node:assert/strict";
import { Lease } from "../../src/farm/lease.ts";

/** A lease of 250 ms, and what it says when it is lost, after how long. */
async function lossOf(renew: () => Promise<unknown>) {
  const startMs = performance.now();
  const reason = await new Promise<string>((resolve) => {
    new Lease(250, renew, resolve);
  });
  return { reason, afterMs: performance.now() - startMs };
}

Deno.test("Lease lets go before its time is over, when a renewal is never answered", async () => {
  const { reason, afterMs } = await lossOf(() => new Promise(() => {}));
  assert.match(reason, /did not renew the lease in time/);
  assert.ok(afterMs < 250, `${afterMs} ms`);
});

Deno.test("Lease counts from when a renewal was asked for, not from its answer", async () => {
  // The first is granted late: at 200 ms, which is worth no more than until 250.
  let calls = 0;
  const slow = () =>
    calls++ === 0
      ? new Promise((resolve) => setTimeout(() => resolve(1), 180))
      : new Promise(() => {});
  const { afterMs } = await lossOf(slow);
  assert.ok(afterMs < 280, `${afterMs} ms`);
});

Deno.test("Lease is lost at once when another has it, or when renewing fails", async () => {
  assert.match((await lossOf(() => Promise.resolve(0))).reason, /lost to another worker/);
  assert.match((await lossOf(() => Promise.reject(new Error("gone")))).reason, /lost: gone/);
});

Deno.test("Lease stays while it is renewed, and says nothing once it was let go", async () => {
  let renewals = 0;
  const lost: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const lease = new Lease(100, () => {
    if (++renewals === 15) resolve();
    return Promise.resolve(1);
  }, (reason) => lost.push(reason));
  await promise;
  lease.end();
  assert.deepEqual(lost, []);
});
