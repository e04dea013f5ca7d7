import assert from "node:assert/strict";
import { html, jsonForScript } from "../../src/report/html.ts";

Deno.test("html escapes text, for elements and for attributes", () => {
  const name = `<b title="x">&'`;
  assert.equal(
    html`<p class="${name}">${name}</p>`.toString(),
    '<p class="&lt;b title=&quot;x&quot;&gt;&amp;&#39;">' +
      "&lt;b title=&quot;x&quot;&gt;&amp;&#39;</p>",
  );
});

Deno.test("html inserts markup as it is, joins lists, and shows nothing of undefined and false", () => {
  const items = [1, 2].map((value) => html`<li>${value}</li>`);
  assert.equal(
    html`<ul>${items}${undefined}${false}</ul>`.toString(),
    "<ul><li>1</li><li>2</li></ul>",
  );
  assert.equal(html`${0}`.toString(), "0");
});

Deno.test("jsonForScript() cannot end the script, and is the same JSON", () => {
  const value = { text: "</script><script>alert(1)</script>" };
  const text = jsonForScript(value).toString();
  assert.ok(!text.includes("<"));
  assert.deepEqual(JSON.parse(text), value);
});
