import assert from "node:assert/strict";
import { Lease } from "../../src/farm/lease.ts";
import { startVirtualTime, type VirtualTime } from "./virtual_time.ts";

/** Of every lease here, in milliseconds: five renewals of 50. */
const DURATION_MS = 250;

/** A lease, and what it says when it is lost, and when. */
function begin(time: VirtualTime, renew: () => Promise<unknown>) {
  const losses: { readonly reason: string; readonly atMs: number }[] = [];
  const lease = new Lease(DURATION_MS, renew, (reason) => {
    losses.push({ reason, atMs: time.nowMs });
  });
  return { lease, losses };
}

const never = () => new Promise(() => {});

Deno.test("Lease lets go before its time is over, when a renewal is never answered", async () => {
  using time = startVirtualTime();
  const { losses } = begin(time, never);
  await time.pass(10 * DURATION_MS);
  assert.equal(losses.length, 1);
  assert.match(losses[0]!.reason, /did not renew the lease in time/);
  // It may be a fifth older than it knows: the last beat at which there is still time is at 150 ms.
  assert.equal(losses[0]!.atMs, 150);
});

Deno.test("Lease counts from when a renewal was asked for, not from its answer", async () => {
  using time = startVirtualTime();
  const first = Promise.withResolvers<number>();
  let calls = 0;
  const { losses } = begin(time, () => calls++ === 0 ? first.promise : never());
  await time.pass(120);
  first.resolve(1);
  await time.pass(10 * DURATION_MS);
  // Asked for at 0, it is held until 250: the beat at 200 is the last before. Counted from its answer
  // it would be held until 370.
  assert.deepEqual(losses.map(({ atMs }) => atMs), [200]);
});

Deno.test("Lease is lost at once when another has it, or when renewing fails", async () => {
  using time = startVirtualTime();
  const taken = begin(time, () => Promise.resolve(0));
  const failing = begin(time, () => Promise.reject(new Error("gone")));
  await time.pass(0);
  assert.match(taken.losses[0]!.reason, /lost to another worker/);
  assert.match(failing.losses[0]!.reason, /lost: gone/);
  await time.pass(10 * DURATION_MS);
  assert.deepEqual([...taken.losses, ...failing.losses].map(({ atMs }) => atMs), [0, 0]);
});

Deno.test("Lease is lost with the first beat after a sleep, whatever Redis would say", async () => {
  using time = startVirtualTime();
  const { losses } = begin(time, () => Promise.resolve(1));
  await time.pass(2 * DURATION_MS);
  await time.stall(DURATION_MS);
  assert.deepEqual(losses.map(({ atMs }) => atMs), [3 * DURATION_MS]);
});

Deno.test("Lease stays while it is renewed, and says nothing once it was let go", async () => {
  using time = startVirtualTime();
  let renewals = 0;
  const { lease, losses } = begin(time, () => Promise.resolve(++renewals));
  await time.pass(20 * DURATION_MS);
  assert.equal(renewals, 101);
  lease.end();
  await time.pass(20 * DURATION_MS);
  assert.equal(renewals, 101);
  assert.deepEqual(losses, []);
});
