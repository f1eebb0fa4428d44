import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  createCircuitBreaker,
  type Permit,
} from "../../../../client/src/fallback/circuit-breaker.ts";
import { checkProperty } from "../check-property.ts";

const failureThreshold = 3;
const maxBackoffMs = 1_000;

const step = fc.oneof(
  fc.constant({ kind: "enter" as const }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(700) }),
  fc.record({
    kind: fc.constantFrom("succeeded" as const, "failed" as const, "released" as const),
    which: fc.nat(),
    conclusive: fc.boolean(),
    retryAfterMs: fc.option(fc.nat(5_000), { nil: undefined }),
  }),
);

suite("properties of a circuit breaker", () => {
  test("lets one probe through at a time, and never stays shut for longer than it may", async () => {
    await checkProperty(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (steps, at) => {
          let nowMs = 0;
          const breaker = createCircuitBreaker({
            failureThreshold,
            initialBackoffMs: 100,
            maxBackoffMs,
            nowMs: () => nowMs,
            random: () => at,
          });
          const permits: Permit[] = [];
          for (const action of steps) {
            if (action.kind === "wait") nowMs += action.ms;
            else if (action.kind === "enter") {
              const wasClosed = breaker.state === "closed";
              const permit = breaker.enter();
              if (wasClosed) assert(permit);
              // After a probe is let through, nobody else is.
              if (permit && !wasClosed) assert.equal(breaker.enter(), undefined);
              if (permit) permits.push(permit);
            } else {
              const [permit] = permits.splice(action.which % Math.max(1, permits.length), 1);
              if (action.kind === "failed") permit?.failed(action);
              else permit?.[action.kind]();
              if (permit && action.kind === "succeeded") assert.equal(breaker.state, "closed");
            }
          }
          for (const permit of permits) permit.released();
          nowMs += maxBackoffMs;
          assert(breaker.enter(), "shut for longer than the longest back-off");
        },
      ),
      500,
    );
  });
});
