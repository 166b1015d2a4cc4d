import { describeObjectServer } from "../../support/object-servers.ts";
import { storeSuite } from "../../support/object-store-suite.ts";

describeObjectServer("minio", "a bucket of MinIO", storeSuite);
