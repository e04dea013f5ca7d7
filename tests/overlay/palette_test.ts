import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { CITYSCAPES_CLASSES } from "../../src/frame/classes.ts";
import { defaultPalette, loadPalette, parsePalette } from "../../src/overlay/palette.ts";

for (
  const { form, text, expected } of [
    {
      form: "a JSON object",
      text: '{"road": "#0a0B0c", "Traffic-Light": [1, 2, 3], "13": "#010203"}',
      expected: { 0: [10, 11, 12], 6: [1, 2, 3], 13: [1, 2, 3] },
    },
    {
      form: "a JSON object with a category",
      text: '{"human": [9, 9, 9], "rider": [8, 8, 8]}',
      expected: { 11: [9, 9, 9], 12: [8, 8, 8] },
    },
    {
      form: "a JSON list",
      text: ' ["#ff0000", null, [0, 255, 0]]',
      expected: { 0: [255, 0, 0], 2: [0, 255, 0] },
    },
    {
      form: "text with names",
      text: "# my colours\nroad 1 2 3\r\n\ntraffic light: #040506\n// and\n10, 7, 8, 9\n",
      expected: { 0: [1, 2, 3], 6: [4, 5, 6], 10: [7, 8, 9] },
    },
    {
      form: "text by class id",
      text: "1,2,3\n4 5 6\n#070809",
      expected: { 0: [1, 2, 3], 1: [4, 5, 6], 2: [7, 8, 9] },
    },
  ]
) {
  Deno.test(`parsePalette() keeps the other classes' colours, when it reads ${form}`, () => {
    const palette = [...defaultPalette()];
    for (const [id, rgb] of Object.entries(expected)) {
      palette[Number(id)] = rgb as [number, number, number];
    }
    assert.deepEqual(parsePalette(text), palette);
  });
}

Deno.test("parsePalette() gives back the Cityscapes colours, when they are written out", () => {
  const text = CITYSCAPES_CLASSES.map(({ name, colour }) => `${name} ${colour.join(" ")}`);
  assert.deepEqual(parsePalette(text.join("\n")), defaultPalette());
});

for (
  const { text, message } of [
    { text: '{"raod": "#000000"}', message: /"raod" is no class.*did you mean "road"\?/ },
    { text: "raod 1 2 3", message: /did you mean "road"\?/ },
    { text: '{"road": "purple"}', message: /"purple" is no colour for "road"\. Write "#rrggbb"/ },
    { text: '{"road": [1, 2]}', message: /\[1,2\] is no colour for "road"/ },
    { text: '{"road": [1, 2, 256]}', message: /is no colour for "road"/ },
    { text: '{"road": null}', message: /null is no colour for "road"/ },
    { text: "road 1 2 256", message: /\[1,2,256\] is no colour for "road"/ },
    { text: "1,2,3\n1,2,999", message: /is no colour for "sidewalk"/ },
    { text: '{"road": "#000000"', message: /it is not valid JSON \(.*\)\. Mend the file\./ },
    { text: "road purple", message: /line 1 \("road purple"\) is not "name red green blue"/ },
    { text: "\n\nroad 1 2", message: /line 3/ },
    { text: "1,2,3\n".repeat(20), message: /more colours than there are classes \(19\)/ },
    { text: JSON.stringify(Array(20).fill([0, 0, 0])), message: /more colours than/ },
    { text: "", message: /it is empty/ },
    { text: "# nothing\n", message: /it is empty/ },
    { text: "{}", message: /it is empty/ },
  ]
) {
  Deno.test(`parsePalette() says what is wrong, when given ${JSON.stringify(text.slice(0, 30))}`, () => {
    assert.throws(() => parsePalette(text), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(!error.message.includes("\n"));
      return true;
    });
  });
}

Deno.test("loadPalette() names the file, when it reads it or cannot", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/colours.json`;
    await Deno.writeTextFile(path, '{"road": [1, 2, 3]}');
    assert.deepEqual((await loadPalette(path))[0], [1, 2, 3]);

    await Deno.writeTextFile(path, '{"road": [1, 2]}');
    for (
      const [file, message] of [
        [path, /colours\.json": \[1,2\] is no colour/],
        [`${directory}/none.txt`, /none\.txt": there is no such file\. Name a JSON or text file/],
        [directory, /it is a directory/],
      ] as const
    ) {
      await assert.rejects(loadPalette(file), (error: Error) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.input, file);
        assert.match(error.message, /^Cannot read palette "/);
        assert.match(error.message, message);
        return true;
      });
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
