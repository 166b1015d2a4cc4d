import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll } from "vitest";

export const API_KEY = "source-key-77-canary";
export const TARGET_KEY = "target-key-88-canary";

type Person = { id: number; name: string };

/** The API that the examples of plugins read and write: a server of its own for a test file. */
export interface PeopleServer {
  readonly endpoint: string;
  readonly users: Person[];
  /** What the target shows. */
  readonly shown: Person[];
  /** Batches that no commit has taken. */
  readonly staged: ReadonlyMap<string, Person[]>;
  /** Answers that are refused for the time being. */
  failing: "none" | "401";
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export function usePeopleServer(): PeopleServer {
  const commits = new Map<string, string>();
  const staged = new Map<string, Person[]>();
  const shown: Person[] = [];
  const users = ["Ada", "Grace", "Edsger"].map((name, index) => ({ id: index + 1, name }));
  const state = { endpoint: "", users, shown, staged, failing: "none" as PeopleServer["failing"] };

  const read = (url: URL): Answer => {
    const [object, count] = url.pathname.slice(1).split("/");
    const number = (name: string): number => Number(url.searchParams.get(name));
    if (object === "") return { status: 200, body: ["users", "customers"] };
    if (object === "data") {
      const [page, size] = [number("page"), number("page_size")];
      return {
        status: 200,
        body: { items: users.slice((page - 1) * size, page * size), has_next: page * size < users.length },
      };
    }
    const records = object === "users" ? users : object === "customers" ? [{ id: 100, name: "Barbara" }] : [];
    const from = number("offset");
    return { status: 200, body: count ? records.length : records.slice(from, from + number("limit")) };
  };
  const commit = async (key: string, request: IncomingMessage): Promise<Answer> => {
    const { run_id, batches } = JSON.parse(await text(request)) as { run_id: string; batches: string[] };
    if (!commits.has(key)) {
      shown.push(...batches.flatMap((id) => staged.get(id) ?? []));
      for (const id of batches) staged.delete(id);
      commits.set(key, run_id);
    }
    return { status: 200, body: {} };
  };
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? "/", "http://people");
    const { authorization, "x-api-key": key = authorization?.replace("Bearer ", "") } = request.headers;
    if (state.failing === "401" || (key !== API_KEY && key !== TARGET_KEY)) return { status: 401, body: {} };
    const [, room, name = ""] = url.pathname.split("/");
    if (room === "commits" && request.method === "PUT") return commit(name, request);
    if (room === "commits") {
      return commits.has(name) ? { status: 200, body: { run_id: commits.get(name) } } : { status: 404, body: {} };
    }
    if (request.method === "DELETE") return { status: staged.delete(name) ? 200 : 404, body: {} };
    if (request.method !== "POST") return read(url);
    const sent = await text(request);
    const id = randomUUID();
    staged.set(id, JSON.parse(sent).records);
    return { status: 200, body: { batch_id: id, bytes_written: sent.length } };
  };
  const server = createServer(async (request, reply) => {
    const { status, body } = await answer(request);
    reply.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    state.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return state;
}
