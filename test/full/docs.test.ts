import { expect, it } from "vitest";
import { blocksOf, follow, readersFolder } from "../support/pages.ts";

it("the sweep of docs/plugins.md passes its own writer, with the matrix that stands there", {
  timeout: 300_000,
}, async () => {
  const folder = readersFolder();
  const page = blocksOf("docs/plugins.md");
  const [sweep, ...others] = page.filter(({ purpose }) => purpose === "slowly");
  expect([sweep === undefined, others]).toEqual([false, []]);
  for (const block of page.filter(({ purpose }) => /^(writers|assets)\//.test(purpose)))
    await follow(block, folder, {});
  const said = await follow(sweep as (typeof page)[number], folder, {});
  const shown = page.find(({ language, purpose }) => language === "text" && purpose === "matrix");
  expect(said).toContain(shown?.text);
});
