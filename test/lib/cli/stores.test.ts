import { describeObjectServer } from "../../support/object-servers.ts";
import { storeJobs } from "../../support/store-jobs.ts";

describeObjectServer("versitygw", "objects of S3", storeJobs);
describeObjectServer("fake-gcs", "objects of Google's storage", storeJobs);
