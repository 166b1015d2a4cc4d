import type { Bucket, File } from "@google-cloud/storage";
import { DativoError } from "../../contract/errors.ts";
import { gcsError, statusOf } from "./gcs-errors.ts";
import { loadOptional } from "./optional-package.ts";
import type { StoreAction } from "./store-error.ts";
import type { GcsSettings } from "./store-settings.ts";
import { withVariable } from "./with-variable.ts";

/** A request is tried so often in all, with pauses of one second, two and four. */
const RETRY = { autoRetry: true, maxRetries: 3, retryDelayMultiplier: 2, totalTimeout: 60 };

/** Of a reply that breaks off, the client's own HTTP library does not tell: without a limit it is waited for for ever. */
const REPLY_MS = 60_000;

/** A bucket as Google's client reaches it, with errors that say what is wrong. */
export class GcsBucket {
  readonly client: Bucket;
  readonly uri: string;
  /** So long a reply may say nothing. */
  readonly replyMs: number;
  readonly #settings: GcsSettings;
  #isKnown = false;

  private constructor(client: Bucket, settings: GcsSettings, replyMs: number) {
    this.client = client;
    this.replyMs = replyMs;
    this.uri = `gs://${settings.bucket}`;
    this.#settings = settings;
  }

  static async open(settings: GcsSettings, replyMs = REPLY_MS): Promise<GcsBucket> {
    const { Storage, IdempotencyStrategy } = await loadOptional(
      "@google-cloud/storage",
      "Google Cloud Storage",
      () => import("@google-cloud/storage"),
    );
    const { bucket, endpoint, projectId, keyFile, account } = settings;
    const hasKey = keyFile !== undefined || account !== undefined;
    const options = {
      timeout: replyMs,
      ...(projectId !== undefined && { projectId }),
      ...(keyFile !== undefined && { keyFilename: keyFile }),
      ...(endpoint !== undefined && { apiEndpoint: endpoint, useAuthWithCustomEndpoint: hasKey }),
      ...(account && { credentials: { client_email: account.clientEmail, private_key: account.privateKey } }),
      // All that is written again is the same, or is under a condition that then does not hold any more.
      retryOptions: { ...RETRY, idempotencyStrategy: IdempotencyStrategy.RetryAlways },
    };
    // What stands there is in the settings; the client would leave the path of the API out behind it.
    const storage = withVariable("STORAGE_EMULATOR_HOST", undefined, () => new Storage(options));
    return new GcsBucket(storage.bucket(bucket), settings, replyMs);
  }

  /** An object, or that version of it. */
  file(key: string, generation?: string): File {
    return this.client.file(key, generation === undefined ? {} : { generation });
  }

  /** What a call gives, or an error that says what was done to which object, and why it could not be. */
  async attempt<T>(does: StoreAction["does"], key: string, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw await this.failed(error, does, key, signal);
    }
  }

  /** A reply that something is not found does not always say whether that is the object or the bucket. */
  async failed(error: unknown, does: StoreAction["does"], key: string, signal?: AbortSignal): Promise<unknown> {
    if (signal?.aborted) return signal.reason;
    if (error instanceof DativoError) return error;
    const action = { does, uri: key === "" ? this.uri : `${this.uri}/${key}` };
    const isGone = statusOf(error) === 404 && !(await this.#isThere());
    return gcsError(isGone ? new Error("The specified bucket does not exist.") : error, action, this.#settings);
  }

  /** What a call gives of an object; undefined where there is none. */
  async ifThere<T>(key: string, call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      if (statusOf(error) === 404 && (await this.#isThere())) return undefined;
      throw await this.failed(error, "read", key);
    }
  }

  /** Asks for what whoever reads objects may ask for: for the bucket itself, other permissions are needed. */
  async #isThere(): Promise<boolean> {
    if (this.#isKnown) return true;
    try {
      await this.client.getFiles({ maxResults: 1, autoPaginate: false });
    } catch (error) {
      if (statusOf(error) === 404) return false;
    }
    this.#isKnown = true;
    return true;
  }
}
