import { describeObjectServer } from "../../../support/object-servers.ts";
import { storeSuite } from "../../../support/object-store-suite.ts";

describeObjectServer("versitygw", "a bucket of versitygw", storeSuite);
describeObjectServer("fake-gcs", "a bucket of fake-gcs-server", storeSuite);
