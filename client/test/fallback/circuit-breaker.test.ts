import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { createManualClock } from "../../../test/fakes/manual-clock.ts";
import { createCircuitBreaker } from "../../src/fallback/circuit-breaker.ts";

const conclusive = { conclusive: true };
const inconclusive = { conclusive: false };

function createBreaker(random = () => 1 - Number.EPSILON) {
  const clock = createManualClock();
  const breaker = createCircuitBreaker({
    failureThreshold: 3,
    initialBackoffMs: 1_000,
    maxBackoffMs: 8_000,
    nowMs: clock.nowMs,
    random,
  });
  return { clock, breaker };
}

suite("createCircuitBreaker()", () => {
  test("opens after three failures in a row", () => {
    const { breaker } = createBreaker();

    breaker.enter()?.failed(inconclusive);
    breaker.enter()?.failed(inconclusive);
    breaker.enter()?.succeeded();
    breaker.enter()?.failed(inconclusive);
    breaker.enter()?.failed(inconclusive);
    assert.equal(breaker.state, "closed");
    breaker.enter()?.failed(inconclusive);

    assert.equal(breaker.state, "open");
    assert.equal(breaker.enter(), undefined);
  });

  test("opens at once after a conclusive failure", () => {
    const { breaker } = createBreaker();

    breaker.enter()?.failed(conclusive);

    assert.equal(breaker.state, "open");
  });

  test("lets one probe pass after the back-off, and closes when it succeeds", () => {
    const { breaker, clock } = createBreaker();
    breaker.enter()?.failed(conclusive);

    clock.advance(999);
    assert.equal(breaker.enter(), undefined);
    clock.advance(1);
    assert.equal(breaker.state, "half_open");
    const probe = breaker.enter();
    assert(probe);
    assert.equal(breaker.enter(), undefined);
    probe.succeeded();

    assert.equal(breaker.state, "closed");
    assert(breaker.enter());
  });

  test("waits twice as long after each probe that fails, up to the cap", () => {
    const { breaker, clock } = createBreaker();
    breaker.enter()?.failed(conclusive);
    const waits = [];

    for (let probes = 0; probes < 6; probes += 1) {
      const from = clock.nowMs();
      while (breaker.state !== "half_open") clock.advance(1);
      waits.push(clock.nowMs() - from);
      breaker.enter()?.failed(inconclusive);
    }

    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
  });

  test("begins with the first back-off again after it was closed", () => {
    const { breaker, clock } = createBreaker();
    breaker.enter()?.failed(conclusive);
    clock.advance(1_000);
    breaker.enter()?.failed(conclusive);
    clock.advance(2_000);
    breaker.enter()?.succeeded();

    breaker.enter()?.failed(conclusive);
    clock.advance(1_000);

    assert.equal(breaker.state, "half_open");
  });

  test("lets another probe pass when one said nothing", () => {
    const { breaker, clock } = createBreaker();
    breaker.enter()?.failed(conclusive);
    clock.advance(1_000);

    breaker.enter()?.released();

    assert(breaker.enter());
    assert.equal(breaker.enter(), undefined);
  });

  test("waits as long as the server asks, but not longer than the cap", () => {
    const { breaker, clock } = createBreaker();
    breaker.enter()?.failed({ conclusive: true, retryAfterMs: 5_000 });
    clock.advance(4_999);
    assert.equal(breaker.state, "open");
    clock.advance(1);
    assert.equal(breaker.state, "half_open");

    breaker.enter()?.failed({ conclusive: true, retryAfterMs: 3_600_000 });
    clock.advance(8_000);

    assert.equal(breaker.state, "half_open");
  });

  test("ignores what fails late, of calls from before it opened", () => {
    const { breaker, clock } = createBreaker();
    const late = [breaker.enter(), breaker.enter()];
    breaker.enter()?.failed(conclusive);

    late[0]?.failed(conclusive);
    clock.advance(1_000);
    assert.equal(breaker.state, "half_open");
    breaker.enter()?.succeeded();
    late[1]?.failed(conclusive);

    assert.equal(breaker.state, "closed");
  });

  test("closes when a call from before it opened succeeds", () => {
    const { breaker } = createBreaker();
    const slow = breaker.enter();
    breaker.enter()?.failed(conclusive);

    slow?.succeeded();

    assert.equal(breaker.state, "closed");
  });

  test("spreads the back-off over the upper half", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const { breaker, clock } = createBreaker(() => random);
        breaker.enter()?.failed(conclusive);
        clock.advance(499);
        assert.equal(breaker.state, "open");
        clock.advance(501);
        assert.equal(breaker.state, "half_open");
      }),
    );
  });
});
