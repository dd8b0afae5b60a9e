// Numbers as people read them: with a unit, and no more digits than were measured.

/** A line break between a number and its unit would leave both meaningless. */
const SPACE = "\u00a0";
const LOCALE = "en-GB";

// Made once: making one takes longer than drawing a row of numbers.
const COUNT = new Intl.NumberFormat(LOCALE);
const MOMENT = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;
const THIS_YEAR = new Intl.DateTimeFormat(LOCALE, MOMENT);
const ANOTHER_YEAR = new Intl.DateTimeFormat(LOCALE, { ...MOMENT, year: "numeric" });

/** 0.634 -> "63 %". Rounded down: nothing is at 100 % before it is done. */
export function percent(share: number): string {
  return `${Math.floor(share * 100 + 1e-9)}${SPACE}%`;
}

/** Seconds as "6.4 s", "40 s", "2 min 5 s", "1 h 3 min". */
export function duration(seconds: number): string {
  return seconds < 9.95 ? `${seconds.toFixed(1)}${SPACE}s` : wholeSeconds(Math.round(seconds));
}

/** An estimate has no tenths, and what is not over takes at least a second more. */
export function timeLeft(seconds: number): string {
  return wholeSeconds(Math.max(1, Math.ceil(seconds)));
}

export function milliseconds(value: number): string {
  return value < 1000 ? `${Math.round(value)}${SPACE}ms` : `${(value / 1000).toFixed(1)}${SPACE}s`;
}

export function count(value: number): string {
  return COUNT.format(value);
}

/** 9 200 000 -> "9.2 million". */
export function millions(value: number): string {
  if (value < 1e6) return count(value);
  return `${(value / 1e6).toLocaleString(LOCALE, { maximumFractionDigits: value < 1e7 ? 1 : 0 })}${SPACE}million`;
}

/** 302 400 -> "302 kB", in the units of file managers. */
export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.floor(value)}${SPACE}${units[power]}`;
}

/** Millionths of a dollar as "$0.42"; below a cent with as many digits as say something. */
export function dollars(micro: number): string {
  const value = micro / 1e6;
  return `$${value === 0 || value >= 0.01 ? value.toFixed(2) : Number(value.toPrecision(2)).toFixed(6).replace(/0+$/, "")}`;
}

/** A loss or a norm, with three significant digits. */
export function measure(value: number): string {
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  if (magnitude >= 1e6 || magnitude < 1e-4) return value.toExponential(2);
  return magnitude >= 1000 ? count(Math.round(value)) : value.toPrecision(3);
}

/** A setting such as a learning rate: as short as somebody would type it. */
export function setting(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** In local time; the year only if it is not this one. */
export function dateTime(at: string): string {
  const date = new Date(at);
  return (date.getFullYear() === new Date().getFullYear() ? THIS_YEAR : ANOTHER_YEAR).format(date);
}

/** A digest in the twelve characters that people compare. */
export function shortDigest(digest: string): string {
  return digest.replace(/^[a-z0-9]+:/i, "").slice(0, 12);
}

function wholeSeconds(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (hours > 0) return withRest(`${hours}${SPACE}h`, minutes, "min");
  if (minutes > 0) return withRest(`${minutes}${SPACE}min`, rest, "s");
  return `${rest}${SPACE}s`;
}

function withRest(most: string, rest: number, unit: string): string {
  return rest > 0 ? `${most} ${rest}${SPACE}${unit}` : most;
}
