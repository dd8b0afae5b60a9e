/** The moment of an entry to the millisecond, in UTC as its day is: "12:04:56.299". */
export function timeOfDay(at: string): string {
  return at.slice(11, 23);
}
