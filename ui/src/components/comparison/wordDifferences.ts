// Which words of an answer are the expected ones, in their order.

export interface Piece {
  text: string;
  isExpected: boolean;
}

/** More words than this are not compared one by one: a table of all pairs would grow too large. */
const MOST_WORDS = 400;

/**
 * The answer in pieces, each of words that are all expected or all not. Expected are the words of a longest common
 * subsequence; the pieces joined are the answer.
 */
export function wordDifferences(answer: string, expected: string): Piece[] {
  if (answer === expected) return answer ? [{ text: answer, isExpected: true }] : [];
  const [words, wanted] = [split(answer), split(expected)];
  if (Math.max(words.length, wanted.length) > MOST_WORDS) return [{ text: answer, isExpected: false }];
  const common = commonLengths(words, wanted);
  const pieces: Piece[] = [];
  const add = (text: string, isExpected: boolean) => {
    const last = pieces.at(-1);
    if (last && last.isExpected === isExpected) last.text += text;
    else pieces.push({ text, isExpected });
  };
  let [i, j] = [0, 0];
  while (i < words.length) {
    const word = words[i] ?? "";
    if (j < wanted.length && word.trim() === wanted[j]?.trim()) {
      add(word, true);
      [i, j] = [i + 1, j + 1];
    } else if (j < wanted.length && lengthAt(common, i, j + 1) >= lengthAt(common, i + 1, j)) {
      j += 1;
    } else {
      add(word, false);
      i += 1;
    }
  }
  return pieces;
}

/** Words with the white space after them. */
function split(text: string): string[] {
  return text.match(/\S+\s*/g) ?? [];
}

/** Lengths of the longest common subsequences of what follows `words[i]` and `wanted[j]`. */
function commonLengths(words: string[], wanted: string[]): number[][] {
  const lengths = Array.from({ length: words.length + 1 }, () => new Array<number>(wanted.length + 1).fill(0));
  for (let i = words.length - 1; i >= 0; i -= 1) {
    for (let j = wanted.length - 1; j >= 0; j -= 1) {
      const row = lengths[i];
      if (!row) continue;
      row[j] =
        words[i]?.trim() === wanted[j]?.trim()
          ? lengthAt(lengths, i + 1, j + 1) + 1
          : Math.max(lengthAt(lengths, i + 1, j), lengthAt(lengths, i, j + 1));
    }
  }
  return lengths;
}

function lengthAt(lengths: number[][], i: number, j: number): number {
  return lengths[i]?.[j] ?? 0;
}
