import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, NODE } from "./support/cli.ts";
import { tempFolder } from "./support/folder.ts";

const root = join(import.meta.dirname, "..");
const PAGES = ["README.md", "docs/plugins.md", "docs/state.md"];

interface Block {
  readonly language: string;
  /** A file to write, or `run`. */
  readonly purpose: string;
  readonly text: string;
}

/** The fenced blocks of a page that say what they are for: ```yaml jobs/x.yaml, ```sh run, ```ts run. */
function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] as string,
    purpose: match[2] as string,
    text: match[3] as string,
  }));
}

/** A folder as a reader of the page has it: the dependencies, and `npx` that finds our command. */
function readersFolder(): string {
  const folder = tempFolder();
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "node_modules", "vega-datasets"), join(folder, "node_modules", "vega-datasets"));
  symlinkSync(root, join(folder, "node_modules", "dativo-ingest"));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, "bin", "npx"), `#!/bin/sh\nshift\nexec "${NODE}" "${BIN}" "$@"\n`);
  chmodSync(join(folder, "bin", "npx"), 0o755);
  return folder;
}

async function follow(block: Block, folder: string, env: Record<string, string>): Promise<void> {
  if (block.purpose === "run") {
    const outcome =
      block.language === "sh"
        ? await shell(["sh", "-e", "-c", block.text], folder, env)
        : await program(block.text, folder, env);
    expect(outcome, `${block.text}\n${outcome.output}`).toMatchObject({ code: 0 });
    return;
  }
  mkdirSync(dirname(join(folder, block.purpose)), { recursive: true });
  writeFileSync(join(folder, block.purpose), block.text);
}

/** A TypeScript program runs as it would under any loader; Node 20 has none of its own. */
function program(
  text: string,
  folder: string,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  writeFileSync(join(folder, "program.ts"), text);
  const jiti = join(root, "node_modules", "jiti", "lib", "jiti-cli.mjs");
  return shell([NODE, jiti, "program.ts"], folder, env);
}

function shell(
  command: string[],
  cwd: string,
  env: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const [file = "", ...args] = command;
  const child = spawn(file, args, {
    cwd,
    env: { PATH: `${join(cwd, "bin")}:${process.env["PATH"]}`, HOME: cwd, JITI_FS_CACHE: "false", ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

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

  it.each(PAGES)(
    "%s",
    async (page) => {
      const folder = readersFolder();
      const blocks = blocksOf(page);
      expect(blocks.filter((block) => block.purpose === "run").length).toBeGreaterThan(1);
      for (const block of blocks) await follow(block, folder, { PEOPLE_API: endpoint, PEOPLE_API_KEY: "test-key" });
    },
    120_000,
  );
});

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
