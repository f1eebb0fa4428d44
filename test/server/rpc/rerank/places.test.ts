import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createPlaces } from "../../../../src/server/rpc/rerank/places.ts";

suite("createPlaces()", () => {
  test("has room below its number", async () => {
    const places = createPlaces(2);
    places.take();

    await places.whenRoom();
  });

  test("lets others wait until a place is free", async () => {
    const places = createPlaces(1);
    const order: string[] = [];
    places.take();
    const waited = places.whenRoom().then(() => order.push("room"));

    order.push("free");
    places.free();
    await waited;

    assert.deepEqual(order, ["free", "room"]);
  });

  test("tells when nobody is left", async () => {
    const places = createPlaces(5);
    let isEmpty = false;
    places.take();
    places.take();
    const emptied = places.whenEmpty().then(() => {
      isEmpty = true;
    });

    places.free();
    await places.whenRoom();
    assert.equal(isEmpty, false);
    places.free();

    await emptied;
  });

  test("lets everybody go when it closes", async () => {
    const places = createPlaces(1);
    places.take();
    const waited = [places.whenRoom(), places.whenEmpty()];

    places.close();

    await Promise.all(waited);
    await places.whenRoom();
  });
});
