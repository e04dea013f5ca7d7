/** The real inference worker, until somebody asks for its death. */
import "../../src/infer/pool/worker.ts";

/** The channel on which deaths are asked for. */
export const DEATHS = "segstream_test_deaths";

if (import.meta.main) {
  const deaths = new BroadcastChannel(DEATHS);
  deaths.onmessage = ({ data }) => {
    if (data === "now") throw new Error("it was told to die");
  };
  deaths.postMessage("listening");
}
