/** The real inference worker, until somebody asks for its death. */
import "../../src/infer/pool/worker.ts";

/** The channel on which deaths are asked for. */
export const DEATHS = "segstream_test_deaths";

if (import.meta.main) {
  new BroadcastChannel(DEATHS).onmessage = () => {
    throw new Error("it was told to die");
  };
}
