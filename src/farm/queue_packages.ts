/**
 * BullMQ and the client of Redis, loaded without a look at the environment.
 *
 * @module
 */
import { restoreEnvironment } from "./quiet_environment.ts";
import {
  DelayedError,
  Queue,
  UnrecoverableError,
  WaitingChildrenError,
  WaitingError,
  Worker,
} from "bullmq";
import { Redis } from "ioredis";

restoreEnvironment();

export {
  DelayedError,
  Queue,
  Redis,
  UnrecoverableError,
  WaitingChildrenError,
  WaitingError,
  Worker,
};
export type { Job } from "bullmq";
