import { useEffect, useState } from "react";
import { type Sample, secondsLeft } from "./secondsLeft";

/** As many looks as the speed is taken over: long enough to be steady, short enough to notice a slow network. */
const LOOKS = 15;

/** Seconds until `total` bytes are here; undefined while that is not known. */
export function useTimeLeft(done: number, total: number): number | undefined {
  const [samples, setSamples] = useState<Sample[]>([]);
  useEffect(() => {
    setSamples((known) => [...known, { at: performance.now() / 1000, done }].slice(-LOOKS));
  }, [done]);
  return secondsLeft(samples, total);
}
