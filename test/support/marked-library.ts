import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const SOURCE = `
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Runs when the library is opened, before anybody calls it. */
__attribute__((constructor)) static void mark(void) { close(open(MARK, O_CREAT | O_WRONLY, 0600)); }

static int told;
void *create_reader(const char *config) { (void)config; told = 0; return &told; }
const char *extract_batch(void *reader) {
  (void)reader;
  return strdup(told++ ? "[]" : "[{\\"id\\":7,\\"name\\":\\"x\\"}]");
}
void *create_crash(const char *config) { (void)config; abort(); }
void free_reader(void *reader) { (void)reader; }
void free_string(char *text) { free(text); }
`;

/** A reader of one record in C (ABI 1), which leaves a file when it is loaded: in the working directory, if no path is given. */
export function markedLibrary(mark = "ran.txt"): string {
  const folder = mkdtempSync(join(tmpdir(), "dativo-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "libmarked.so");
  writeFileSync(join(folder, "marked.c"), SOURCE);
  const args = ["-shared", "-fPIC", `-DMARK="${mark}"`, "-o", file, join(folder, "marked.c")];
  const { status, stderr } = spawnSync("cc", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`cc ended with ${status}:\n${stderr}`);
  return file;
}
