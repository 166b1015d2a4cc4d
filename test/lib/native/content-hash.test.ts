import fc from "fast-check";
import { expect, it } from "vitest";
import { hashNatively } from "../../../lib/native/content-hash.ts";
import { openLibrary } from "../../../lib/native/library.ts";
import { hashInWebAssembly } from "../../../lib/storage/content-hash.ts";
import { describeNative, nativeLibrary } from "../../support/native.ts";

describeNative("hashNatively", () => {
  it("gives the digests that WebAssembly gives, however the bytes are cut, and goes on after one", async () => {
    const library = openLibrary(nativeLibrary("csv_reader_plugin"));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 8 }), async (chunks) => {
        const [native, wasm] = [hashNatively(library), await hashInWebAssembly()];
        for (const chunk of chunks) {
          native.update(chunk);
          wasm.update(chunk);
          expect(native.digest()).toBe(wasm.digest());
        }
        expect(native.digest()).toBe(wasm.digest());
        native.close();
      }),
    );
  });

  it("bears to be closed twice", () => {
    const hash = hashNatively(openLibrary(nativeLibrary("csv_reader_plugin")));
    hash.close();
    expect(() => hash.close()).not.toThrow();
  });
});
