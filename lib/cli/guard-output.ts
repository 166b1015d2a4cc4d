import { Console } from "node:console";
import { maskSecrets } from "../config/secrets/mask-secrets.ts";

/**
 * What plugins and libraries print past our log: secrets are masked in it too, and it goes to stderr, since stdout
 * belongs to the result.
 */
export function guardOutput(): void {
  maskWrites(process.stdout);
  maskWrites(process.stderr);
  globalThis.console = new Console(process.stderr, process.stderr);
  // Node prints warnings straight to the file descriptor.
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => process.stderr.write(`${name}: ${message}\n`));
}

/** Bytes on stdout are data and stay as they are; on stderr there is nothing but text. */
function maskWrites(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream) as (chunk: unknown, ...rest: unknown[]) => boolean;
  stream.write = (chunk: unknown, ...rest: unknown[]) => {
    if (typeof chunk === "string") return write(maskSecrets(chunk), ...rest);
    if (stream === process.stdout) return write(chunk, ...rest);
    return write(maskSecrets(Buffer.from(chunk as Uint8Array).toString()), ...rest);
  };
}
