// Puts a file into a bucket: `sdk` by the Upload of the AWS SDK, `dativo` by a writer that hands its bytes to its run.
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { BaseReader, BaseWriter, compose, readFrom, writeTo } from "dativo-ingest";

const [, , how, path] = process.argv;
const READ_BYTES = 1024 * 1024;

if (how === "sdk") {
  const [{ S3Client }, { Upload }] = await Promise.all([import("@aws-sdk/client-s3"), import("@aws-sdk/lib-storage")]);
  const client = new S3Client({ endpoint: process.env.S3_ENDPOINT, forcePathStyle: true });
  const Body = createReadStream(path, { highWaterMark: READ_BYTES });
  const params = { Bucket: "bench", Key: `lake/${basename(path)}`, Body };
  await new Upload({ client, params, partSize: 8 * 1024 * 1024, queueSize: 4 }).done();
} else {
  class OneRecord extends BaseReader {
    *extract() {
      yield [{ path }];
    }
  }
  class Bytes extends BaseWriter {
    async writeBatch([record]) {
      const file = await this.ctx.storage.create(basename(record.path));
      for await (const bytes of createReadStream(record.path, { highWaterMark: READ_BYTES })) await file.write(bytes);
      return [{ path: file.path, recordCount: 1, ...(await file.seal()) }];
    }
  }
  await compose(readFrom(new OneRecord()), writeTo(Bytes, "s3://bench/lake"));
}
