import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NODE } from "./support/cli.ts";
import { describeNative } from "./support/native.ts";
import { environmentOf } from "./support/object-client.ts";
import { describeObjectServer } from "./support/object-servers.ts";
import { blocksOf, follow, readersFolder, shell } from "./support/pages.ts";

const root = join(import.meta.dirname, "..");
const PAGES = ["README.md", "docs/pipes.md", "docs/plugins.md", "docs/state.md"];

describe("the examples of the pages run", () => {
  let server: Server;
  let endpoint = "";

  /** The API that docs/plugins.md reads: two pages behind a bearer token. */
  beforeAll(async () => {
    const people = [
      { id: 1, name: "Ada" },
      { id: 2, name: "Grace" },
      { id: 3, name: "Edsger" },
    ];
    server = createServer((request, reply) => {
      const query = new URL(request.url ?? "", "http://x").searchParams;
      const [page, size] = [Number(query.get("page")), Number(query.get("page_size"))];
      reply.statusCode = request.headers.authorization === "Bearer test-key" ? 200 : 401;
      reply.end(
        JSON.stringify({ items: people.slice((page - 1) * size, page * size), has_next: page * size < people.length }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each(PAGES)("%s", (page) => followPage(page, { PEOPLE_API: endpoint, PEOPLE_API_KEY: "test-key" }), 240_000);
});

describeNative("the examples with libraries run", () => {
  it("docs/plugins.md", async () => {
    const folder = readersFolder();
    for (const name of ["examples", "rust"]) symlinkSync(join(root, name), join(folder, name));
    const blocks = blocksOf("docs/plugins.md").filter(({ purpose }) => purpose === "natively" || purpose.includes("."));
    for (const block of blocks) await follow(block, folder, {});
    expect(blocks.at(-1)?.purpose).toBe("natively");
  });
});

describeObjectServer("versitygw", "the examples with buckets run", (amazon) => {
  describeObjectServer("fake-gcs", "of both kinds", (google) => {
    it("docs/storage.md", async () => {
      const [s3, gcs] = await Promise.all([amazon.makeBucket(), google.makeBucket()]);
      const { AWS_ENDPOINT_URL = "", ...keys } = environmentOf(s3);
      await followPage("docs/storage.md", {
        ...{ S3_BUCKET: s3.bucket, S3_ENDPOINT: AWS_ENDPOINT_URL, ...keys },
        ...{ GCS_BUCKET: gcs.bucket, ...environmentOf(gcs) },
      });
    }, 240_000);
  });
});

async function followPage(page: string, env: Record<string, string>): Promise<void> {
  const folder = readersFolder();
  const blocks = blocksOf(page).filter(({ purpose }) => purpose !== "slowly" && purpose !== "natively");
  expect(blocks.filter((block) => block.purpose === "run").length).toBeGreaterThan(1);
  let printed = "";
  for (const block of blocks) {
    if (block.purpose === "said") expect(printed).toContain(block.text);
    else printed = await follow(block, folder, env);
  }
}

describe("the pages", () => {
  const pages = [
    "README.md",
    "CONTRIBUTING.md",
    "rust/README.md",
    ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".md"))
      .map((path) => `docs/${path}`),
  ];

  it("link only to what exists", () => {
    const dead = pages.flatMap((page) =>
      [...readFileSync(join(root, page), "utf8").matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map((match) => match[1] as string)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !exists(join(root, dirname(page), target)))
        .map((target) => `${page} -> ${target}`),
    );
    expect(dead).toEqual([]);
  });

  it("that are written from the code say what it says", async () => {
    const { code, output } = await shell([NODE, "scripts/docs.mjs", "--check"], root, {});
    expect([code, output]).toEqual([0, ""]);
  });

  it("name every decision in the folder of decisions by a title", () => {
    for (const page of pages.filter((path) => path.startsWith("docs/decisions/"))) {
      expect(readFileSync(join(root, page), "utf8"), page).toMatch(/^# \S/);
    }
  });
});

function exists(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "ENOTDIR" || relative(root, path) === "";
  }
}
