import assert from "node:assert/strict";
import { type BoundEvidence, findBound, type Side } from "../../src/report/bound.ts";

const EVIDENCE: BoundEvidence = {
  busy: { decode: 0.1, workers: 0.97, encode: 0.2 },
  cpuMs: { decode: 3, prepare: 2, infer: 16, label: 1.5, blend: 1, encode: 8 },
  frames: 300,
  source: "file",
  output: "encoder",
  provider: "cpu",
  workers: 2,
  cores: 2,
  load: 0.95,
  modelSide: 1024,
};

const CASES: readonly {
  when: string;
  evidence: Partial<BoundEvidence>;
  side: Side | undefined;
  says: RegExp;
}[] = [
  {
    when: "the workers are busy nearly always",
    evidence: {},
    side: "workers",
    says:
      /^Inference bounds the run: the 2 workers are busy 97% .*--resolution quarter, more cores/,
  },
  {
    when: "the model is at full resolution",
    evidence: { modelSide: 2048 },
    side: "workers",
    says: /--resolution half/,
  },
  {
    when: "the model is at quarter resolution already",
    evidence: { modelSide: 512 },
    side: "workers",
    says: /time; more cores or a GPU raise the fps\.$/,
  },
  {
    when: "one worker leaves a core idle",
    evidence: { workers: 1, load: 0.6 },
    side: "workers",
    says: /the one worker is busy .* while cores are idle; --workers 2 raises the fps\.$/,
  },
  {
    when: "the workers spend most time beside the network",
    evidence: { cpuMs: { prepare: 2, infer: 4, label: 3, blend: 9 } },
    side: "workers",
    says: /most of it in "blend"/,
  },
  {
    when: "a GPU runs the network",
    evidence: { provider: "webgpu", modelSide: 512 },
    side: "workers",
    says: /a faster device raises the fps/,
  },
  {
    when: "the encoder takes nearly all the time",
    evidence: { busy: { decode: 0.05, workers: 0.4, encode: 0.98 } },
    side: "encode",
    says: /^The encoder bounds the run: it takes 98% of the time; --preset ultrafast/,
  },
  {
    when: "the caller of the library is slow",
    evidence: { busy: { decode: 0.05, workers: 0.4, encode: 0.98 }, output: "caller" },
    side: "encode",
    says: /^The caller bounds the run/,
  },
  {
    when: "the source waits for the decoder",
    evidence: { busy: { decode: 0.95, workers: 0.4, encode: 0.2 } },
    side: "decode",
    says: /^The decoder bounds the run: segstream waits for it 95%/,
  },
  {
    when: "a camera sends frames at its own pace",
    evidence: { busy: { decode: 0.95, workers: 0.4, encode: 0.2 }, source: "live" },
    side: "decode",
    says: /^The camera sets the pace/,
  },
  {
    when: "the street is drawn slowly",
    evidence: { busy: { decode: 0.95, workers: 0.4, encode: 0.2 }, source: "drawn" },
    side: "decode",
    says: /^Drawing the street bounds/,
  },
  {
    when: "all compete for the cores and encoding costs most",
    evidence: {
      busy: { decode: 0.3, workers: 0.99, encode: 0.9 },
      cpuMs: { decode: 1, prepare: 1, infer: 3, label: 0.5, blend: 0.3, encode: 20 },
    },
    side: "encode",
    says: /^The encoder bounds/,
  },
  {
    when: "nobody is busy most of the time",
    evidence: { busy: { decode: 0.2, workers: 0.6, encode: 0.5 } },
    side: undefined,
    says: /^No stage bounds the run: the busiest, the workers, works 60% of the time; other/,
  },
  {
    when: "there are too few frames to tell",
    evidence: { busy: { decode: 0.2, workers: 0.6, encode: 0.5 }, frames: 5 },
    side: undefined,
    says: /too few frames \(5\) to tell\.$/,
  },
];

for (const { when, evidence, side, says } of CASES) {
  Deno.test(`findBound() names the ${side ?? "busiest"} side, when ${when}`, () => {
    const bound = findBound({ ...EVIDENCE, ...evidence });
    assert.equal(bound.side, side);
    assert.match(bound.sentence, says);
  });
}
