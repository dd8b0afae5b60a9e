// Combinations of genres that a person has named, kept by the browser.
//
// Invariant: whatever is found there, or refused there, the page works; it then has no favourites.

import { useState } from "react";

export interface Favourite {
  name: string;
  genres: string[];
}

const KEY = "attune.generate.favourites";
const LONGEST_NAME = 40;

export function useFavourites() {
  const [favourites, set] = useState(() => readFavourites(storedText()));
  const keep = (changed: Favourite[]) => {
    set(changed);
    store(JSON.stringify(changed));
  };
  return {
    favourites,
    save: (name: string, genres: string[]) => keep(withFavourite(favourites, name, genres)),
    remove: (name: string) => keep(favourites.filter((favourite) => favourite.name !== name)),
    /** Puts all of them back as they were. */
    restore: keep,
  };
}

/** What is no list of favourites is none. */
export function readFavourites(text: string | null): Favourite[] {
  try {
    const read: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(read) ? read.filter(isFavourite) : [];
  } catch {
    return [];
  }
}

/** By name; a name that is there already means something else from now on. */
export function withFavourite(favourites: Favourite[], name: string, genres: string[]): Favourite[] {
  const trimmed = name.trim().slice(0, LONGEST_NAME);
  const others = favourites.filter((favourite) => favourite.name !== trimmed);
  return [...others, { name: trimmed, genres }].sort((a, b) => a.name.localeCompare(b.name));
}

/** Whether both name the same genres, in whatever order. */
export function isSame(one: string[], other: string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

function isFavourite(value: unknown): value is Favourite {
  const { name, genres } = (value ?? {}) as Partial<Favourite>;
  return typeof name === "string" && Array.isArray(genres) && genres.every((genre) => typeof genre === "string");
}

function storedText(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // A browser may forbid it.
    return null;
  }
}

function store(text: string) {
  try {
    localStorage.setItem(KEY, text);
  } catch {
    // Forbidden or full: they are there until the page is left.
  }
}
