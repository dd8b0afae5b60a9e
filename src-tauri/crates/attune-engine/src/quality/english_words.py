"""Make english_words.txt: the words that spelling.rs knows, from the dictionary of hunspell for American English.

Usage: english_words.py HUNSPELL/en_US.dic HUNSPELL/en_US.aff > english_words.txt

Words that the endings and beginnings in spelling.rs lead back to a shorter one are left out; those lists stand here and
there. Names are left out: spelling.rs does not look at words that begin with a capital.
"""
import collections, re, sys

NOTICE = """# English words in small letters, from SCOWL by way of hunspell's en_US dictionary; made by english_words.py.
#
# Copyright 2000-2011 by Kevin Atkinson
# Permission to use, copy, modify, distribute and sell these word lists, the associated scripts, the output created from
# the scripts, and its documentation for any purpose is hereby granted without fee, provided that the above copyright
# notice appears in all copies and that both that copyright notice and this permission notice appear in supporting
# documentation. Kevin Atkinson makes no representations about the suitability of this array for any purpose. It is
# provided "as is" without express or implied warranty."""

ENDINGS = [
    ("s", ""), ("es", ""), ("d", ""), ("ed", ""), ("ing", ""), ("ing", "e"), ("ly", ""), ("er", ""), ("r", ""),
    ("ness", ""), ("ied", "y"), ("ies", "y"), ("ily", "y"), ("iness", "y"), ("ier", "y"), ("ers", ""), ("rs", ""),
    ("ings", ""), ("est", ""), ("st", ""), ("iest", "y"), ("ful", ""), ("less", ""), ("able", ""), ("able", "e"),
    ("ment", ""), ("ments", ""), ("fully", ""), ("y", "e"),
]
DOUBLING = ("ed", "ing", "er", "ers", "est")
BEGINNINGS = ("un", "re", "dis", "over", "out", "fore", "mis", "in", "non", "under", "inter", "up")
# British spellings that no rule of spelling.rs leads back to American ones.
BRITISH = "despatch draught enquire gaol hurray mould moulder moustache nought plough practise sceptic scepticism smoulder sulphur sulphuric whisky"


def known(word, words):
    for ending, instead in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            if stem + instead in words: return True
            if not instead and ending in DOUBLING and len(stem) > 3 and stem[-1] == stem[-2] and stem[:-1] in words: return True
    return any(word.startswith(b) and len(word) - len(b) >= 3 and word[len(b):] in words for b in BEGINNINGS)


def dictionary(dic, aff):
    """Every form of every word in small letters."""
    prefixes, suffixes = collections.defaultdict(list), collections.defaultdict(list)
    for line in open(aff, encoding="utf-8", errors="replace"):
        part = line.split()
        if len(part) < 4 or part[0] not in ("PFX", "SFX") or (part[2] in "YN" and part[3].isdigit()): continue
        strip, add = (("" if p == "0" else p) for p in (part[2], part[3].split("/")[0]))
        rule = (strip, add, part[4] if len(part) > 4 else ".")
        (prefixes if part[0] == "PFX" else suffixes)[part[1]].append(rule)
    words = set()
    for line in open(dic, encoding="utf-8", errors="replace"):
        word, _, flags = line.strip().partition("/")
        if not re.fullmatch("[a-z]+", word): continue
        forms = {word}
        for flag in flags:
            forms |= {word[: len(word) - len(s)] + a for s, a, c in suffixes[flag] if word.endswith(s) and re.search(f"(?:{c})$", word)}
        words |= forms | {a + f[len(s):] for flag in flags for s, a, _ in prefixes[flag] for f in forms if f.startswith(s)}
    return {word for word in words if re.fullmatch("[a-z]+", word)}


words = set()
for word in sorted(dictionary(*sys.argv[1:3]) | set(BRITISH.split()), key=lambda word: (len(word), word)):
    if not known(word, words): words.add(word)
print(NOTICE)
print("\n".join(sorted(words)))
