import assert from "node:assert/strict";
import fc from "fast-check";
import { flatten, signed, sized, text, unsigned, vector } from "../../src/wasm/encoding.ts";

// The examples are those of the article on LEB128 in Wikipedia.
Deno.test("unsigned() writes seven bits a byte, the lowest first", () => {
  assert.deepEqual([...flatten(unsigned(624485))], [0xe5, 0x8e, 0x26]);
  assert.deepEqual([...flatten(unsigned(2 ** 32 - 1))], [0xff, 0xff, 0xff, 0xff, 0x0f]);
});

Deno.test("signed() writes the sign into the last byte", () => {
  assert.deepEqual([...flatten(signed(-123456))], [0xc0, 0xbb, 0x78]);
  assert.deepEqual([...flatten(signed(64))], [0xc0, 0x00]);
});

Deno.test("signed() can be read back, for any integer of 32 bits", () => {
  fc.assert(fc.property(fc.integer(), (value) => {
    let read = 0;
    const bytes = flatten(signed(value));
    bytes.forEach((byte, i) => read |= (byte & 127) << 7 * i);
    const bits = 7 * bytes.length;
    if (bits < 32) read = read << 32 - bits >> 32 - bits;
    assert.equal(read, value);
  }));
});

Deno.test("vector(), sized() and text() count what follows", () => {
  assert.deepEqual([...flatten(vector([[7], [8, 9]]))], [2, 7, 8, 9]);
  assert.deepEqual([...flatten(sized([7, [8, [9]]]))], [3, 7, 8, 9]);
  assert.deepEqual([...flatten(text("µm"))], [3, 0xc2, 0xb5, 0x6d]);
});
