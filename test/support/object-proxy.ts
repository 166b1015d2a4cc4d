import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/**
 * What befalls a request: it never arrives, or its first half does; it arrives and the reply does not come back; the reply
 * breaks off in its middle; the server says that it is busy, or that something is wrong with it; of a chunk of an upload to
 * Google, the store keeps a part or nothing, and says so.
 */
export type ProxyFault =
  | "no-request"
  | "half-request"
  | "no-reply"
  | "half-reply"
  | "busy"
  | "broken"
  | "half-kept"
  | "not-kept";

/** After the server has answered: the headers of a reply of ours, which stands for its own. */
type Overrule = (asked: SeenRequest, status: number, body: Buffer) => Promise<Record<string, string> | undefined>;

export interface SeenRequest {
  /** From 1. */
  readonly number: number;
  readonly method: string;
  readonly url: string;
}

/** Stands between us and a store for a test, and lets happen to requests what it is told. */
export class ObjectProxy {
  readonly seen: SeenRequest[] = [];
  /** The most uploads that were under way at a time. */
  mostPuts = 0;
  readonly #target: URL;
  readonly #server: Server;
  #port = 0;
  #puts = 0;
  #overrule: Overrule = async () => undefined;
  #faultOf: (request: SeenRequest) => ProxyFault | undefined = () => undefined;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((asked, reply) => void this.#serve(asked, reply).catch(() => reply.destroy()));
  }

  static async before(endpoint: string): Promise<ObjectProxy> {
    const proxy = new ObjectProxy(endpoint);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    proxy.#port = (proxy.#server.address() as AddressInfo).port;
    onTestFinished(() => proxy.close());
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** From now on. */
  befall(faultOf: (request: SeenRequest) => ProxyFault | undefined): void {
    this.#faultOf = faultOf;
  }

  /** The first request of that kind from now on. */
  befallFirst(fault: ProxyFault, isMeant: (request: SeenRequest) => boolean): void {
    let isOver = false;
    this.befall((asked) => {
      if (isOver || !isMeant(asked)) return undefined;
      isOver = true;
      return fault;
    });
  }

  /** From now on. */
  overrule(overrule: Overrule): void {
    this.#overrule = overrule;
  }

  async #serve(asked: IncomingMessage, reply: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = asked;
    const seen = { number: this.seen.length + 1, method, url };
    this.seen.push(seen);
    const fault = this.#faultOf(seen);
    const body = await buffer(asked);
    if (fault === "no-request") return void reply.destroy();
    if (fault === "busy" || fault === "broken") return refuse(reply, fault);
    if (method === "PUT") this.mostPuts = Math.max(this.mostPuts, ++this.#puts);
    const { hostname, port } = this.#target;
    if (fault === "half-kept") headers["x-test-keep"] = String(body.length >> 1);
    if (fault === "not-kept") headers["x-test-keep"] = "0";
    const passed = request({ hostname, port, method, path: url, headers });
    if (fault === "half-request") {
      this.#puts--;
      passed.once("error", () => reply.destroy());
      return void passed.write(body.subarray(0, body.length >> 1), () => passed.destroy(new Error("cut")));
    }
    passed.end(body);
    const [answer] = (await once(passed, "response")) as [IncomingMessage];
    const content = await buffer(answer);
    if (method === "PUT") this.#puts--;
    if (fault === "no-reply") return void reply.destroy();
    const instead = await this.#overrule(seen, answer.statusCode ?? 0, body);
    if (instead) return void reply.writeHead(200, instead).end();
    reply.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    if (fault !== "half-reply") return void reply.end(content);
    reply.write(content.subarray(0, content.length / 2), () => reply.destroy());
  }

  /** Nobody is there from now on. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

function refuse(reply: ServerResponse, fault: "busy" | "broken"): void {
  const [status, code] = fault === "busy" ? [503, "SlowDown"] : [500, "InternalError"];
  reply.writeHead(status, { "content-type": "application/xml" });
  reply.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>By the test</Message></Error>`);
}
