import { write } from "node:fs";
import { promisify } from "node:util";
import { DativoError, systemCode } from "../contract/errors.ts";
import type { OutputStream } from "../contract/standard-streams.ts";

const writeTo = promisify(write);

const STDOUT = 1;
const RETRY_MS = 2;

/**
 * Standard output, by its descriptor: `process.stdout` writes on the main thread, and tells nothing of how much was
 * taken. A write waits on another thread for as long as the reader takes its time.
 */
export class StandardOutput implements OutputStream {
  acceptedBytes = 0;

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const accepted = await this.#accept(bytes, at);
      at += accepted;
      this.acceptedBytes += accepted;
    }
  }

  async #accept(bytes: Uint8Array, at: number): Promise<number> {
    try {
      return (await writeTo(STDOUT, bytes, at)).bytesWritten;
    } catch (cause) {
      // Another process that shares the pipe has made it one that does not wait.
      if (systemCode(cause) !== "EAGAIN") throw refused(cause);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      return 0;
    }
  }
}

function refused(cause: unknown): DativoError {
  const code = systemCode(cause);
  if (code === "EPIPE") {
    return new DativoError("DTV_BROKEN_PIPE", "Whoever read standard output has stopped reading", {
      culprit: "stdout",
      cause,
    });
  }
  const reason = code === "ENOSPC" ? "no space left on the device" : (cause as Error).message;
  return new DativoError("DTV_TARGET_UNWRITABLE", `Standard output cannot be written: ${reason}`, {
    culprit: "stdout",
    cause,
  });
}
