import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatDate,
  formatTime,
  formatTimestamp,
  fromEpochMicros,
  parseDate,
  parseTime,
  parseTimestamp,
  toEpochMicros,
} from "../../../lib/contract/temporal.ts";

const anyDay = fc.integer({ min: -719_162, max: 2_932_896 });
const anyMicros = fc.integer({ min: 0, max: 86_399_999_999 });

describe("temporal", () => {
  it("agrees with the platform's calendar on every day of the range", () => {
    fc.assert(
      fc.property(anyDay, (days) => {
        const text = new Date(days * 86_400_000).toISOString().slice(0, 10).padStart(10, "0");
        expect(formatDate(days)).toBe(text);
        expect(parseDate(text)).toBe(days);
      }),
      { numRuns: 2000 },
    );
  });

  it("round-trips times and timestamps to the microsecond", () => {
    fc.assert(
      fc.property(anyDay, anyMicros, (days, micros) => {
        expect(parseTime(formatTime(micros))).toBe(micros);
        const stamp = { days, micros };
        expect(parseTimestamp(formatTimestamp(stamp, true))).toEqual(stamp);
        expect(fromEpochMicros(toEpochMicros(stamp))).toEqual(stamp);
      }),
    );
  });

  it("agrees with the platform on offsets", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        fc.integer({ min: -1439, max: 1439 }),
        (millis, offset) => {
          const sign = offset < 0 ? "-" : "+";
          const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, "0");
          const minutes = String(Math.abs(offset) % 60).padStart(2, "0");
          const local = new Date(millis).toISOString().slice(0, 23);
          const text = `${local}${sign}${hours}:${minutes}`;
          const stamp = parseTimestamp(text);
          if (typeof stamp === "string") throw new Error(text);
          expect(toEpochMicros(stamp)).toBe(BigInt(Date.parse(text)) * 1000n);
        },
      ),
    );
  });
});
