/** Each behaviour of the suites is told from the others by a plugin that breaks it, and little else. */
import { appendFileSync, existsSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as tick } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  BaseReader,
  BaseTransform,
  BaseWriter,
  type Batch,
  type CommitToken,
  ConnectionTestResult,
  type DiscoveryResult,
  type FileMetadata,
  type IncrementalStateManager,
  type Row,
  RowBatch,
  type WriterClass,
} from "../../../lib/index.ts";
import {
  type Behaviour,
  readerBehaviours,
  transformBehaviours,
  type WriterSuite,
  writerBehaviours,
} from "../../../lib/testing/index.ts";

/** Names of the behaviours that a component breaks, and of those that it has no side for. */
async function judge(behaviours: readonly Behaviour[]): Promise<{ broken: string[]; absent: string[] }> {
  const broken: string[] = [];
  const absent: string[] = [];
  for (const { name, run } of behaviours) {
    await run().then(
      (outcome) => outcome && absent.push(name),
      () => broken.push(name),
    );
  }
  return { broken, absent };
}

const brokenOf = async (behaviours: readonly Behaviour[]): Promise<string[]> => (await judge(behaviours)).broken;

describe("a reader", () => {
  const RECORDS = [{ a: 1 }, { a: 2 }, { a: 3 }];

  /** Keeps every behaviour. */
  class Sound extends BaseReader {
    async *extract(state?: IncrementalStateManager): AsyncGenerator<{ batch: Row[]; position: unknown } | Row[]> {
      for (let at = Number(state?.position ?? 0); at < RECORDS.length; at++) {
        yield { batch: [{ ...RECORDS[at] }], position: at + 1 };
      }
    }

    override comparePositions(a: unknown, b: unknown): number {
      return Number(a) - Number(b);
    }

    override checkConnection(): ConnectionTestResult {
      return new ConnectionTestResult(true, "there");
    }

    override discover(): DiscoveryResult {
      return { objects: [{ name: "records", type: "object" }], metadata: {} };
    }
  }

  it("that keeps all of them breaks none", async () => {
    expect(await judge(readerBehaviours({ create: () => new Sound() }))).toEqual({ broken: [], absent: [] });
  });

  it("without the hooks that may be left out has no side for them", async () => {
    class Bare extends BaseReader {
      *extract() {
        yield RECORDS;
      }
    }
    expect(await judge(readerBehaviours({ create: () => new Bare() }))).toEqual({
      broken: [],
      absent: [
        "resumes from every position it gives, without loss and without repeat",
        "gives positions that are JSON of at most 64 KiB",
        "puts its positions in the order in which it gives them",
        "answers checkConnection()",
        "answers discover() with what there is, and reads on as before",
      ],
    });
  });

  let bookmark = 0;
  const cases: Readonly<Record<string, [() => BaseReader, string[]]>> = {
    "that gives other records each time": [
      () =>
        new (class extends Sound {
          override async *extract() {
            yield [{ a: Math.random() }];
          }
        })(),
      [
        "reads the same records again, in the same order",
        "gives the same records to a slow consumer",
        "remembers nothing of a reading that was not committed",
      ],
    ],
    "that drops what nobody takes in time": [
      () =>
        new (class extends Sound {
          override async *extract() {
            const queue: Row[] = [];
            let fed = 0;
            const feed = async (): Promise<void> => {
              for (; fed < 40; fed++) {
                await tick();
                queue.push({ a: fed });
                if (queue.length > 10) queue.shift();
              }
            };
            void feed();
            while (fed < 40 || queue.length > 0) {
              const record = queue.shift();
              if (record) yield [record];
              else await tick();
            }
          }
        })(),
      ["gives the same records to a slow consumer"],
    ],
    "that gives all of a source at once": [
      () =>
        new (class extends Sound {
          override async *extract() {
            yield Array.from({ length: 10_001 }, (_, a) => ({ a }));
          }
        })(),
      ["gives its records in batches of 10,000 rows at most"],
    ],
    "that closes itself as well": [
      () =>
        new (class extends Sound {
          override async *extract(state?: IncrementalStateManager) {
            yield* super.extract(state);
            this.close();
          }
          override close() {}
        })(),
      ["is closed once and without a fault, however the reading ends"],
    ],
    "that leaves a timer": [
      () =>
        new (class extends Sound {
          readonly timer = setInterval(() => {}, 60_000);
        })(),
      ["leaves nothing open: no timer, socket, child or file descriptor"],
    ],
    "that leaves a file open": [
      () =>
        new (class extends Sound {
          override async *extract(state?: IncrementalStateManager) {
            openSync("/dev/null", "r");
            yield* super.extract(state);
          }
        })(),
      process.platform === "linux" ? ["leaves nothing open: no timer, socket, child or file descriptor"] : [],
    ],
    "that saves its state by itself": [
      () =>
        new (class extends Sound {
          override async *extract() {
            for (let at = bookmark; at < 50; at++) {
              bookmark = at + 1;
              yield [{ a: at }];
            }
            // One that has come to its end begins anew.
            bookmark = 0;
          }
        })(),
      ["remembers nothing of a reading that was not committed"],
    ],
    "that ignores its position": [
      () =>
        new (class extends Sound {
          override extract() {
            return super.extract();
          }
        })(),
      ["resumes from every position it gives, without loss and without repeat"],
    ],
    "whose positions are in the wrong order": [
      () =>
        new (class extends Sound {
          override comparePositions(a: unknown, b: unknown) {
            return Number(b) - Number(a);
          }
        })(),
      ["puts its positions in the order in which it gives them"],
    ],
    "whose source is not there": [
      () =>
        new (class extends Sound {
          override checkConnection() {
            return new ConnectionTestResult(false, "401");
          }
        })(),
      ["answers checkConnection()"],
    ],
    "that discovers nothing that can be named": [
      () =>
        new (class extends Sound {
          override discover() {
            return { objects: ["records"], metadata: {} } as never;
          }
        })(),
      ["answers discover() with what there is, and reads on as before"],
    ],
    "that has no record": [
      () =>
        new (class extends Sound {
          override async *extract() {}
        })(),
      [
        "reads records whose fields are those of the batch's schema",
        "stops when it is aborted in the middle",
        "is closed once and without a fault, however the reading ends",
        "answers discover() with what there is, and reads on as before",
      ],
    ],
  };

  it("whose positions are too large is found out", async () => {
    class Wordy extends Sound {
      override async *extract() {
        yield { batch: [{ a: 1 }], position: "x".repeat(70_000) };
      }
    }
    const broken = await brokenOf(readerBehaviours({ create: () => new Wordy() }));
    expect(broken).toContain("gives positions that are JSON of at most 64 KiB");
  });

  it("that does not stop is found out", async () => {
    class Deaf extends Sound {
      override async *extract() {
        yield [{ a: 1 }];
        await new Promise((resolve) => setTimeout(resolve, 1200));
        yield [{ a: 2 }];
      }
    }
    const stops = readerBehaviours({ create: () => new Deaf() }).filter(({ name }) => /^stops|is closed/.test(name));
    expect(await brokenOf(stops)).toEqual(stops.map(({ name }) => name));
  });

  it.each(Object.entries(cases))("%s is found out", async (_, [create, broken]) => {
    bookmark = 0;
    expect(await brokenOf(readerBehaviours({ create }))).toEqual(broken);
  });
});

describe("a transform", () => {
  const rows = [
    { id: 1, name: "Ada" },
    { id: 2, name: "Grace" },
    { id: 3, name: null },
  ];
  const suiteOf = (create: () => BaseTransform) => transformBehaviours({ create, rows, independentOfBatches: true });

  class Sound extends BaseTransform {
    apply(batch: Batch): Batch | undefined {
      return batch;
    }
  }

  it("that keeps all of them breaks none", async () => {
    expect(await judge(suiteOf(() => new Sound()))).toEqual({ broken: [], absent: [] });
  });

  let made = 0;
  const cases: Readonly<Record<string, [() => BaseTransform, string[]]>> = {
    "whose result depends on how the input is cut": [
      () =>
        new (class extends Sound {
          override apply(batch: Batch) {
            return RowBatch.from(batch).slice(0, 1);
          }
        })(),
      ["makes the same of the same records, however they are cut into batches"],
    ],
    "that counts across its instances": [
      () =>
        new (class extends Sound {
          override apply(batch: Batch) {
            return RowBatch.fromRows([...batch].map((row) => ({ ...row, number: made++ })));
          }
        })(),
      [
        "makes the same of the same records again, in the same order",
        "makes the same of the same records, however they are cut into batches",
      ],
    ],
    "that cannot take an input without records": [
      () =>
        new (class extends Sound {
          #rows = 0;
          override apply(batch: Batch) {
            this.#rows += batch.length;
            return batch;
          }
          override flush() {
            if (this.#rows === 0) throw new Error("no records");
          }
        })(),
      ["takes an input without records"],
    ],
    "that leaves a timer": [
      () =>
        new (class extends Sound {
          readonly timer = setInterval(() => {}, 60_000);
        })(),
      ["leaves nothing open: no timer, socket, child or file descriptor"],
    ],
    "that fails when it is closed": [
      () =>
        new (class extends Sound {
          override close() {
            throw new Error("closed before");
          }
        })(),
      ["is closed once and without a fault, when all is done and when it is aborted"],
    ],
  };

  it.each(Object.entries(cases))("%s is found out", async (_, [create, broken]) => {
    made = 0;
    expect(await brokenOf(suiteOf(create))).toEqual(broken);
  });
});

/** A writer of JSON Lines; 64-bit integers as text. */
const lines = (records: readonly Row[]): string =>
  records
    .map((row) => `${JSON.stringify({ ...row }, (_, cell) => (typeof cell === "bigint" ? `${cell}` : cell))}\n`)
    .join("");

const parsed = (text: string): Row[] =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);

describe("a writer of files", () => {
  class Sound extends BaseWriter {
    async writeBatch(records: Row[], fileCounter: number): Promise<FileMetadata[]> {
      const path = join(this.outputBase, `part-${fileCounter}.txt`);
      await writeFile(path, records.map((row) => `${row["id"]}\n`).join(""));
      return [{ path, recordCount: records.length }];
    }
  }
  const suiteOf = (writerClass: WriterClass): Behaviour[] => writerBehaviours({ writerClass });

  it("that keeps all of them breaks none", async () => {
    expect(await judge(suiteOf(Sound))).toEqual({
      broken: [],
      absent: ["keeps every value of hostile names and hostile text", "answers checkConnection()"],
    });
  });

  const all = (): string[] => suiteOf(Sound).map(({ name }) => name);
  const cases: Readonly<Record<string, [WriterClass, string[] | ((names: string[]) => string[])]>> = {
    "that loses records": [
      class extends Sound {
        override writeBatch(records: Row[], fileCounter: number) {
          return super.writeBatch(records.slice(1), fileCounter);
        }
      },
      // None of its commits is made; only what fails anyway, or writes nothing, is as it should be.
      (names) => names.filter((name) => !/checkConnection|leaves nothing behind|no file when no record/.test(name)),
    ],
    "that does not wait for its work": [
      class extends Sound {
        override async writeBatch(records: Row[], fileCounter: number) {
          const path = join(this.outputBase, `part-${fileCounter}.txt`);
          writeFileSync(path, "");
          setTimeout(() => existsSync(path) && writeFileSync(path, "late"), 50);
          return [{ path, recordCount: records.length }];
        }
      },
      ["is done with its work when seal() resolves"],
    ],
    "that writes past the staging folder": [
      class extends Sound {
        override writeBatch(records: Row[], fileCounter: number) {
          writeFileSync(join(String(this.targetConfig.connection["path"]), "early.txt"), "x");
          return super.writeBatch(records, fileCounter);
        }
      },
      ["shows nothing before the commit and everything after it", "leaves nothing behind when the source fails"],
    ],
    "that makes a file of no records": [
      class extends Sound {
        override async seal() {
          return [...(await super.seal()), ...(await this.writeBatch([], 999))];
        }
      },
      [],
    ],
    "that leaves a file open": [
      class extends Sound {
        override writeBatch(records: Row[], fileCounter: number) {
          openSync("/dev/null", "r");
          return super.writeBatch(records, fileCounter);
        }
      },
      process.platform === "linux" ? ["leaves nothing open: no timer, socket, child or file descriptor"] : [],
    ],
    "that fails when it is closed": [
      class extends Sound {
        override close() {
          throw new Error("closed before");
        }
      },
      ["is closed once and without a fault, after a commit and after a failure"],
    ],
    "whose target is not there": [
      class extends Sound {
        override checkConnection() {
          return new ConnectionTestResult(false, "403");
        }
      },
      ["answers checkConnection()"],
    ],
  };

  it.each(Object.entries(cases))("%s is found out", async (_, [writerClass, broken]) => {
    expect(await brokenOf(suiteOf(writerClass))).toEqual(typeof broken === "function" ? broken(all()) : broken);
  });

  it("that changes values is found out", async () => {
    class Trimming extends Sound {
      override async writeBatch(records: Row[], fileCounter: number) {
        const path = join(this.outputBase, `part-${fileCounter}.txt`);
        await writeFile(path, lines(records).replaceAll("Ünï", "Uni"));
        return [{ path, recordCount: records.length }];
      }
    }
    const names = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".txt"));
    const readBack = async (folder: string): Promise<Row[]> =>
      names(folder).flatMap((name) => parsed(readFileSync(join(folder, name), "utf8")));
    expect(await brokenOf(writerBehaviours({ writerClass: Trimming, readBack }))).toEqual([
      "keeps every value of hostile names and hostile text",
    ]);
  });
});

describe("a writer with a target of its own", () => {
  const ledgerOf = (folder: string): string => join(folder, "ledger.jsonl");
  const entries = (path: string): { key: string; runId: string; records: string }[] =>
    existsSync(path) ? (parsed(readFileSync(path, "utf8")) as never) : [];
  const keyOf = ({ jobKey, seq }: CommitToken): string => JSON.stringify([jobKey, seq]);

  /** A ledger, which says itself what it holds. */
  class Sound extends BaseWriter {
    get path(): string {
      return String(this.targetConfig.connection["ledger"]);
    }

    async writeBatch(records: Row[], _fileCounter: number): Promise<FileMetadata[]> {
      return [{ path: "pending", recordCount: records.length, records: lines(records) }];
    }

    override async commitFiles(files: readonly FileMetadata[], token: CommitToken) {
      if (!(await this.committed(token))) this.append(files, token);
      return { status: "success" };
    }

    append(files: readonly FileMetadata[], token: CommitToken): void {
      const records = files.map((file) => file["records"]).join("");
      appendFileSync(this.path, `${JSON.stringify({ key: keyOf(token), runId: token.runId, records })}\n`);
    }

    override async committed(token: CommitToken) {
      const found = entries(this.path).find(({ key }) => key === keyOf(token));
      return found && { status: "success", runId: found.runId };
    }
  }

  const suite = (writerClass: WriterClass): WriterSuite => ({
    writerClass,
    target: (folder) => ({ connection: { ledger: ledgerOf(folder) } }),
    readBack: async (folder) => entries(ledgerOf(folder)).flatMap(({ records }) => parsed(records)),
  });

  it("that keeps all of them breaks none", async () => {
    expect(await judge(writerBehaviours(suite(Sound)))).toEqual({ broken: [], absent: ["answers checkConnection()"] });
  });

  it("that cannot be asked or read back has no side for that", async () => {
    const { readBack: _, ...blind } = suite(Sound);
    expect((await judge(writerBehaviours(blind))).absent).toEqual([
      "keeps every value of hostile names and hostile text",
      "answers checkConnection()",
      "shows nothing before the commit and everything after it",
      "leaves nothing behind when the source fails",
      "shows the records of two commits side by side, whose batches have the same numbers",
      "makes a commit once that it is asked for twice, the second time in a fresh process",
    ]);
  });

  const cases: Readonly<Record<string, [WriterClass, string[]]>> = {
    "that writes at once": [
      class extends Sound {
        override async writeBatch(records: Row[], fileCounter: number) {
          appendFileSync(
            this.path,
            `${JSON.stringify({ key: `${fileCounter}`, runId: "", records: lines(records) })}\n`,
          );
          return [{ path: "done", recordCount: records.length }];
        }
        override append(_: readonly FileMetadata[], token: CommitToken) {
          super.append([], token);
        }
      },
      ["shows nothing before the commit and everything after it", "leaves nothing behind when the source fails"],
    ],
    "that commits twice": [
      class extends Sound {
        override async commitFiles(files: readonly FileMetadata[], token: CommitToken) {
          this.append(files, token);
          return { status: "success" };
        }
      },
      ["makes a commit once that it is asked for twice, the second time in a fresh process"],
    ],
    "that refuses the second one": [
      class extends Sound {
        override async commitFiles(files: readonly FileMetadata[], token: CommitToken) {
          if (await this.committed(token)) return { status: "failed" };
          return super.commitFiles(files, token);
        }
      },
      ["makes a commit once that it is asked for twice, the second time in a fresh process"],
    ],
    "that replaces what an earlier run wrote under the same number": [
      class extends Sound {
        override append(files: readonly FileMetadata[], token: CommitToken) {
          writeFileSync(this.path, "");
          super.append(files, token);
        }
      },
      ["shows the records of two commits side by side, whose batches have the same numbers"],
    ],
    "that says it has what it has not": [
      class extends Sound {
        override async committed(token: CommitToken) {
          return { status: "success", runId: token.runId };
        }
        override async commitFiles(files: readonly FileMetadata[], token: CommitToken) {
          if (!(await super.committed(token))) this.append(files, token);
          return { status: "success" };
        }
      },
      ["tells by committed() the truth: nothing before the commit, this run after it"],
    ],
    "that does not know what it has": [
      class extends Sound {
        override async committed() {
          return undefined;
        }
        override async commitFiles(files: readonly FileMetadata[], token: CommitToken) {
          if (!(await super.committed(token))) this.append(files, token);
          return { status: "success" };
        }
      },
      ["tells by committed() the truth: nothing before the commit, this run after it"],
    ],
    "that needs what its process remembers": [
      class extends Sound {
        #staged = "";
        override async writeBatch(records: Row[]) {
          this.#staged += lines(records);
          return [{ path: "memory", recordCount: records.length }];
        }
        override async commitFiles(_: readonly FileMetadata[], token: CommitToken) {
          if (this.#staged === "") throw new Error("nothing is staged");
          this.append([{ path: "", records: this.#staged }], token);
          return { status: "success" };
        }
      },
      ["makes a commit once that it is asked for twice, the second time in a fresh process"],
    ],
  };

  it.each(Object.entries(cases))("%s is found out", async (_, [writerClass, broken]) => {
    expect(await brokenOf(writerBehaviours(suite(writerClass)))).toEqual(broken);
  });
});
