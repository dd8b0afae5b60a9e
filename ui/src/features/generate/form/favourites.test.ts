import { expect, test } from "vitest";
import { isSame, readFavourites, withFavourite } from "./favourites";

test("what was kept is read back, and what is no favourite is left out", () => {
  const one = { name: "Dark", genres: ["horror", "thriller"] };
  expect(readFavourites(JSON.stringify([one]))).toEqual([one]);
  for (const text of [null, "", "{", "7", '{"name":"x"}', '[null, 1, {"name":"x","genres":[1]}]']) {
    expect(readFavourites(text)).toEqual([]);
  }
});

test("a name means one combination, the last that was saved", () => {
  const first = withFavourite([], " Dark ", ["horror"]);
  const second = withFavourite(withFavourite(first, "Bright", ["romance"]), "Dark", ["thriller"]);
  expect(second).toEqual([
    { name: "Bright", genres: ["romance"] },
    { name: "Dark", genres: ["thriller"] },
  ]);
});

test("the order of genres makes no other combination", () => {
  expect(isSame(["a", "b"], ["b", "a"])).toBe(true);
  expect(isSame(["a", "b"], ["a"])).toBe(false);
});
