import type { Socket } from "node:net";
import { mapStack } from "../../plugin/script/source-maps.ts";
import { encodeFrame, type Frame, FrameReader, type Header, type Reply } from "../frame.ts";
import { formatError, writable } from "../wire-error.ts";
import { Parent } from "./parent.ts";
import { PluginHost } from "./plugin-host.ts";

/** Answers questions until the pipe ends, and then ends the process, whatever the plugin does. */
export function serve(channel: Socket): void {
  const send = (header: Header, body?: Uint8Array): void => {
    for (const piece of encodeFrame(header, body)) channel.write(piece);
  };
  const parent = new Parent(send);
  const host = new PluginHost(
    (level, message, fields) => send({ log: [level, String(message), writable(fields)] }),
    parent.ask,
  );
  const reader = new FrameReader();
  channel.on("data", (chunk: Buffer) => {
    for (const frame of reader.feed(chunk)) if (!parent.take(frame)) void answer(frame, host, send);
  });
  // A call that hangs would keep process.exit() waiting.
  channel.on("close", () => (host.isClosed ? process.exit(0) : process.kill(process.pid, "SIGKILL")));
  channel.on("error", () => {});
}

async function answer(
  { header: { id, verb, ...header }, body }: Frame,
  host: PluginHost,
  send: (header: Header, body?: Uint8Array) => void,
): Promise<void> {
  try {
    const reply: Reply = await host.answer(String(verb), header, body);
    if (id !== undefined) send({ id, ...reply.header }, reply.body);
  } catch (cause) {
    send({ id, error: formatError(cause, mapStack) });
  }
}
