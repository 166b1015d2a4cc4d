/** A reader in TypeScript that tries what `rust/fixtures/attacker` tries, as far as Node has the means. */
export const ATTACKER = `
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { join } from "node:path";
import { BaseReader } from "dativo-ingest";

async function processes(count: number): Promise<string> {
  const children = Array.from({ length: count }, () => spawn("/bin/sleep", ["2"]));
  await Promise.all(children.map((child) => once(child, "spawn")));
  return count + " processes";
}

async function connected(to: object): Promise<string> {
  const socket = connect(to as never);
  await once(socket, "connect");
  socket.destroy();
  return "connected";
}

async function bound(): Promise<string> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  socket.close();
  return "bound";
}

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(name + " is not among " + Object.keys(process.env).join(" "));
  return value;
}

function spin(): string {
  for (const end = Date.now() + 60_000; Date.now() < end; );
  return "60 s";
}

// What a configuration names may be read; "at /etc/passwd" names nothing.
async function attempt({ attack, path: named = "", port }: { attack: string; path?: string; port: number }): Promise<string> {
  const path = named.replace(/^at /, "");
  switch (attack) {
    case "nothing": return "nothing";
    case "env": return variable("AWS_SECRET_ACCESS_KEY");
    case "read": return readFileSync(path, "utf8");
    case "parent_env": return readFileSync("/proc/" + process.ppid + "/environ", "latin1");
    case "parent_memory": return readFileSync("/proc/" + process.ppid + "/maps", "latin1");
    case "write": writeFileSync(path, "was here"); return "written";
    case "truncate": truncateSync(path); return "cut";
    case "chmod": chmodSync(path, 0o777); return "changed";
    case "symlink": symlinkSync("/etc/passwd", join(process.env.TMPDIR ?? "/tmp", "link")); return "linked";
    case "connect": return connected({ host: "127.0.0.1", port });
    case "connect_udp": return bound();
    case "connect_unix": return connected({ path });
    case "fork_bomb": return processes(64);
    case "program": return processes(1);
    case "memory": return String(Buffer.alloc(2 ** 31, 1).length);
    case "spin": return spin();
    case "signal": process.kill(process.ppid, 0); return "sent";
    default: throw new Error(attack + " is no attack");
  }
}

export class Attacker extends BaseReader {
  async *extract() {
    yield [{ loot: await attempt(this.sourceConfig.engine.options as never) }];
  }
}
`;
