// Stands before fake-gcs-server and takes large uploads as Google's documentation has them, which the emulator does not: it
// finishes an upload when it is asked how far that has come, and takes chunks behind a gap. Everything else is passed on, and
// so is an object when it is whole. Its own process, since tests wait for commands without a turn for anybody else.
//   node gcs-uploads.mjs PORT TARGET_PORT
import { createServer, request } from "node:http";
import { buffer } from "node:stream/consumers";

const [port, targetPort] = process.argv.slice(2).map(Number);
/** All but the last bytes of an object are kept in whole ones of these. */
const QUANTUM = 256 * 1024;
const uploads = new Map();

function pass(asked, reply) {
  const { method, url: path, headers } = asked;
  const passed = request({ hostname: "127.0.0.1", port: targetPort, method, path, headers }, (answer) => {
    reply.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(reply);
  });
  passed.once("error", () => reply.destroy());
  asked.pipe(passed);
}

async function begin(asked, reply, url) {
  const metadata = JSON.parse((await buffer(asked)).toString("utf8") || "{}");
  const id = `upload-${uploads.size + 1}`;
  uploads.set(id, { id, url, metadata, pieces: [], stored: 0 });
  url.searchParams.set("upload_id", id);
  reply.writeHead(200, { location: String(url), "content-length": 0 }).end();
}

/** `bytes 0-9/20`, `bytes 0-9/*`: a chunk. `bytes * /20`, `bytes * /*`: a question, less the blank. */
function rangeOf({ headers }) {
  const [, from, to, total] =
    /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*|undefined)$/.exec(headers["content-range"] ?? "") ?? [];
  return { from: from && Number(from), length: from && Number(to) + 1 - Number(from), total: Number(total) };
}

/** Keeps what comes, less what is there already. A connection that breaks leaves what came of it. */
async function keep(asked, upload, from, total) {
  const most = Number(asked.headers["x-test-keep"] ?? Number.POSITIVE_INFINITY);
  let at = from;
  try {
    for await (const bytes of asked) {
      const fresh = bytes.subarray(Math.max(0, upload.stored - at), Math.max(0, from + most - at));
      upload.pieces.push(fresh);
      upload.stored += fresh.length;
      at += bytes.length;
    }
  } finally {
    if (upload.stored !== total) cut(upload, upload.stored - (upload.stored % QUANTUM));
  }
}

function cut(upload, length) {
  upload.pieces = [Buffer.concat(upload.pieces).subarray(0, length)];
  upload.stored = length;
}

/** Hands an object over that is whole, and notes what was said to that. */
async function finish(upload, headers) {
  const { url, metadata, pieces } = upload;
  const path = new URL(url);
  path.searchParams.delete("upload_id");
  path.searchParams.set("uploadType", "multipart");
  const boundary = "of-the-test";
  const hash = /crc32c=([^,]+)/.exec(headers["x-goog-hash"] ?? "")?.[1];
  const told = JSON.stringify({ ...metadata, ...(hash && { crc32c: hash }) });
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\ncontent-type: application/json\r\n\r\n${told}\r\n`),
    Buffer.from(`--${boundary}\r\ncontent-type: application/octet-stream\r\n\r\n`),
    ...pieces,
    Buffer.from(`\r\n--${boundary}--`),
  ]);
  upload.pieces = [];
  upload.end = await new Promise((resolve, reject) => {
    const type = `multipart/related; boundary=${boundary}`;
    const options = { method: "POST", path: path.pathname + path.search, headers: { "content-type": type } };
    const passed = request({ hostname: "127.0.0.1", port: targetPort, ...options }, (answer) => {
      buffer(answer).then((bytes) => resolve({ status: answer.statusCode, bytes }), reject);
    });
    passed.once("error", reject);
    passed.end(body);
  });
}

async function proceed(asked, reply, upload) {
  const { from, length, total } = rangeOf(asked);
  if (from !== undefined && !upload.end) {
    if (from > upload.stored)
      return say(reply, 400, { message: `the offset is ${from}, and ${upload.stored} are there` });
    if (Number.isNaN(total) && length % QUANTUM !== 0)
      return say(reply, 400, { message: `${length} is no size of a chunk` });
    await keep(asked, upload, from, total);
  } else {
    await buffer(asked);
  }
  if (!upload.end && upload.stored === total) await finish(upload, asked.headers);
  if (upload.end)
    return reply.writeHead(upload.end.status, { "content-type": "application/json" }).end(upload.end.bytes);
  const range = upload.stored > 0 ? { range: `bytes=0-${upload.stored - 1}` } : {};
  return reply.writeHead(308, { ...range, "content-length": 0 }).end();
}

function say(reply, code, error) {
  reply.writeHead(code, { "content-type": "application/json", connection: "close" });
  reply.end(JSON.stringify({ error: { code, ...error } }));
}

function serve(asked, reply) {
  const url = new URL(asked.url, `http://${asked.headers.host}`);
  if (asked.method === "POST" && url.searchParams.get("uploadType") === "resumable") return begin(asked, reply, url);
  const id = url.searchParams.get("upload_id");
  if (id === null) return pass(asked, reply);
  const upload = uploads.get(id);
  if (!upload) return say(reply, 404, { message: "there is no such upload" });
  if (asked.method === "PUT") return proceed(asked, reply, upload);
  uploads.delete(id);
  return reply.writeHead(499).end();
}

createServer((asked, reply) => {
  Promise.resolve(serve(asked, reply)).catch(() => reply.destroy());
}).listen(port, "127.0.0.1");
