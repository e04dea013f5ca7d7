import assert from "node:assert/strict";
import { isLoopbackName, listenError, parseListen } from "../../src/live/listen.ts";
import { createToken, tokenMatcher } from "../../src/live/token.ts";

Deno.test("parseListen() reads a port with or without a host", () => {
  assert.deepEqual(parseListen("8080"), { port: 8080 });
  assert.deepEqual(parseListen(":8080"), { port: 8080 });
  assert.deepEqual(parseListen(":0"), { port: 0 });
  assert.deepEqual(parseListen("0.0.0.0:8080"), { host: "0.0.0.0", port: 8080 });
  assert.deepEqual(parseListen("camera-box.lan:80"), { host: "camera-box.lan", port: 80 });
  assert.deepEqual(parseListen("[::1]:80"), { host: "::1", port: 80 });
});

const WRONG: readonly (readonly [text: string, reason: RegExp])[] = [
  ["", /no address with a port/],
  ["localhost", /no address with a port/],
  ["localhost:", /no address with a port/],
  [":65536", /up to 65535/],
  ["::1:80", /brackets/],
  ["*:80", /0\.0\.0\.0/],
  ["http://localhost:80", /URL/],
  ["a b:80", /no address with a port/],
];
for (const [text, reason] of WRONG) {
  Deno.test(`parseListen() refuses ${JSON.stringify(text)} in one line`, () => {
    assert.throws(() => parseListen(text), (error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, reason);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}

Deno.test("listenError() says what would help", () => {
  const address = { host: "10.0.0.7", port: 80 };
  const message = (cause?: unknown) => listenError(address, cause).message;
  assert.match(message(), /--allow-net=10\.0\.0\.7:80/);
  assert.match(message(new Deno.errors.AddrInUse("")), /in use/);
  assert.match(message(new Deno.errors.AddrNotAvailable("")), /no such address/);
  assert.match(message(new Deno.errors.PermissionDenied("")), /1024/);
  assert.match(message(new Error("no\nluck")), /: no luck\./);
});

Deno.test("isLoopbackName() knows the names of this machine, and none that begins like them", () => {
  for (const name of ["localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1", "a.localhost"]) {
    assert.ok(isLoopbackName(name), name);
  }
  for (const name of ["localhost.evil.example", "127.0.0.1.evil.example", "evil.example", ""]) {
    assert.ok(!isLoopbackName(name), name);
  }
});

Deno.test("createToken() gives 24 characters for a URL, new ones each time", () => {
  assert.match(createToken(), /^[\w-]{24}$/);
  assert.notEqual(createToken(), createToken());
});

Deno.test("tokenMatcher() takes the token alone", () => {
  const matches = tokenMatcher("secret");
  assert.ok(matches("secret"));
  for (const given of ["", "secre", "secrets", "Secret"]) assert.ok(!matches(given), given);
});
