import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FileOutput } from "../../../lib/storage/file-output.ts";
import { tempFolder } from "../../support/folder.ts";

const MIB = 1024 * 1024;

/** What every handle of Node has its methods from. */
async function handlePrototype(): Promise<{ datasync(): Promise<void>; sync(): Promise<void> }> {
  const handle = await open(join(tempFolder(), "any"), "w");
  await handle.close();
  return Object.getPrototypeOf(handle);
}

describe("FileOutput", () => {
  let handles: Awaited<ReturnType<typeof handlePrototype>>;
  beforeEach(async () => {
    handles = await handlePrototype();
  });
  afterEach(() => vi.restoreAllMocks());

  it("sends what is written to the disk on the way, one part at a time", async () => {
    let [under, most] = [0, 0];
    const { datasync } = handles;
    const ahead = vi.spyOn(handles, "datasync").mockImplementation(async function (this: unknown) {
      most = Math.max(most, ++under);
      await datasync.call(this as never);
      under--;
    });
    const path = join(tempFolder(), "file");
    const output = await FileOutput.create(path);
    for (let i = 0; i < 100; i++) await output.write(Buffer.alloc(MIB, i));
    await output.sync();
    expect(under).toBe(0);
    await output.close();
    expect(ahead.mock.calls.length).toBeGreaterThanOrEqual(1);
    expect([most, output.acceptedBytes]).toEqual([1, 100 * MIB]);
    expect(readFileSync(path)[99 * MIB]).toBe(99);
  });

  it("tells a fault of the disk at the next write and at the end, and syncs no more", async () => {
    vi.spyOn(handles, "datasync").mockRejectedValue(Object.assign(new Error("EIO: i/o error"), { code: "EIO" }));
    const sync = vi.spyOn(handles, "sync");
    const output = await FileOutput.create(join(tempFolder(), "file"));
    await output.write(Buffer.alloc(32 * MIB));
    await vi.waitFor(() =>
      expect(output.write(Buffer.alloc(1))).rejects.toMatchObject({ code: "DTV_TARGET_UNWRITABLE" }),
    );
    await expect(output.sync()).rejects.toMatchObject({ code: "DTV_TARGET_UNWRITABLE" });
    expect(sync).not.toHaveBeenCalled();
    await output.close();
  });
});
