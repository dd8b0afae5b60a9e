// Numbers of things, in words.

export const examples = (number: number, written: string) => (number === 1 ? "1 example" : `${written} examples`);
export const attempts = (number: number, written: string) => (number === 1 ? "1 attempt" : `${written} attempts`);
