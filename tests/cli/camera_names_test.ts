import assert from "node:assert/strict";
import fc from "fast-check";
import { CAMERA_NAME, nameCameras } from "../../src/cli/camera_names.ts";

const CASES: readonly (readonly [readonly string[], readonly string[]])[] = [
  [["rtsp://user:secret@10.0.0.5/cams/Gate%201"], ["gate-201"]],
  [["rtsp://10.0.0.5/stream"], ["stream"]],
  [["rtsp://10.0.0.5", "http://yard.local:8080/"], ["10-0-0-5", "yard-local-8080"]],
  [["rtsp://a/cam", "rtsp://b/cam"], ["a", "b"]],
  [["rtsp://a/cam?channel=1", "rtsp://a/cam?channel=2"], ["camera-1", "camera-2"]],
  [["rtsp://10.0.0.5/user=admin_password=secret_channel=1.sdp"], ["10-0-0-5"]],
  [["rtsp://10.0.0.5/password=secret/1", "rtsp://b/user%3Da_password%3Ds"], ["10-0-0-5", "b"]],
  [["/dev/video0", "clips/drive.mp4", "street:size=64x32"], ["video0", "drive", "street"]],
  [["lavfi:testsrc", "###"], ["lavfi", "camera-2"]],
];

for (const [inputs, names] of CASES) {
  Deno.test(`nameCameras() gives ${names.join(", ")}, for ${inputs.join(", ")}`, () => {
    assert.deepEqual(nameCameras(inputs), names);
  });
}

Deno.test("nameCameras() leaves out names that are taken", () => {
  assert.deepEqual(nameCameras(["a.mp4", "b.mp4"], new Set(["a", "camera-1"])), ["camera-2", "b"]);
});

Deno.test("nameCameras() gives valid names, all different, for any inputs", () => {
  const input = fc.oneof(
    fc.string(),
    fc.webUrl({ validSchemes: ["rtsp", "http"] }),
    fc.constantFrom("camera-1", "camera-2", "rtsp://camera-1/x"),
  );
  fc.assert(
    fc.property(fc.array(input), (inputs) => {
      const names = nameCameras(inputs);
      assert.equal(new Set(names).size, inputs.length);
      for (const name of names) assert.match(name, CAMERA_NAME);
    }),
    { numRuns: 1000, seed: 1 },
  );
});
