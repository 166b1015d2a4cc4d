import type { S3 } from "@aws-sdk/client-s3";
import { DativoError } from "../../contract/errors.ts";
import { connectS3 } from "./s3-client.ts";
import { nameOf, s3Error, statusOf } from "./s3-errors.ts";
import { Slots } from "./slots.ts";
import type { StoreAction } from "./store-error.ts";
import type { S3Settings } from "./store-settings.ts";

/** Parts that are under way at a time, of all objects together. */
const PARTS_IN_FLIGHT = 4;

/** For calls of the SDK, which takes no `undefined`. */
export function stoppedBy(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}

/** A bucket as the SDK reaches it, with errors that say what is wrong. */
export class S3Bucket {
  readonly client: S3;
  readonly name: string;
  readonly uri: string;
  readonly slots = new Slots(PARTS_IN_FLIGHT);
  readonly #settings: S3Settings;
  #isKnown = false;

  private constructor(client: S3, settings: S3Settings) {
    this.client = client;
    this.name = settings.bucket;
    this.uri = `s3://${settings.bucket}`;
    this.#settings = settings;
  }

  static async open(settings: S3Settings): Promise<S3Bucket> {
    return new S3Bucket(await connectS3(settings), settings);
  }

  /** Where an object is, for a call of the SDK. */
  at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.name, Key: key };
  }

  /** What a call gives, or an error that says what was done to which object, and why it could not be. */
  async attempt<T>(does: StoreAction["does"], key: string, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw this.failed(error, does, key, signal);
    }
  }

  failed(error: unknown, does: StoreAction["does"], key: string, signal?: AbortSignal): unknown {
    if (signal?.aborted) return signal.reason;
    if (error instanceof DativoError) return error;
    return s3Error(error, { does, uri: key === "" ? this.uri : `${this.uri}/${key}` }, this.#settings);
  }

  /**
   * What a call gives of an object; undefined where there is none. A reply to HEAD does not say whether it is the object that
   * is missing or the bucket, nor why it is refused.
   */
  async ifThere<T>(key: string, call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      if (nameOf(error) === "NoSuchKey") return undefined;
      if (statusOf(error) === 404) {
        if (!this.#isKnown) await this.#look(key);
        this.#isKnown = true;
        return undefined;
      }
      if (statusOf(error) === 403) await this.#look(key);
      throw this.failed(error, "read", key);
    }
  }

  /** Asks what gets an answer with words. Whoever may not list may still read. */
  async #look(key: string): Promise<void> {
    try {
      await this.client.listObjectsV2({ Bucket: this.name, Prefix: key, MaxKeys: 1 });
    } catch (error) {
      if (nameOf(error) !== "AccessDenied") throw this.failed(error, "read", key);
    }
  }
}
