import type { ObjectStore } from "./object-store.ts";
import type { StoreSettings } from "./store-settings.ts";

/**
 * The store of these settings, whose client is loaded now: few need one, and theirs are the largest packages of all.
 *
 * @throws DativoError DTV_PACKAGE_MISSING
 */
export async function openStore(settings: StoreSettings): Promise<ObjectStore> {
  switch (settings.kind) {
    case "s3": {
      const { S3Store } = await import("./s3-store.ts");
      return S3Store.open(settings);
    }
    case "gs": {
      const { GcsStore } = await import("./gcs-store.ts");
      return GcsStore.open(settings);
    }
  }
}
