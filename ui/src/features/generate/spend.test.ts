import { expect, test } from "vitest";
import { spend } from "./spend";

test("what has no price is not free", () => {
  expect(spend({ costMicroDollars: 0, unpriced: 0 })).toBe("nothing, free");
  expect(spend({ costMicroDollars: 0, unpriced: 3 })).toBe("not known");
  expect(spend({ costMicroDollars: 120_000, unpriced: 3 })).toBe("$0.12, and more that is not known");
  expect(spend({ costMicroDollars: 120_000, unpriced: 0 })).toBe("$0.12");
});
