#!/usr/bin/env python3
"""Writes butler.jsonl: 300 spoken household commands, and how a butler of the old school notes and answers each.

The output is the intent with its slots, then a sentence in the butler's voice. Rows are combined from the templates
below; what a row says beyond them is nobody's. Of the inputs 60 have a digest that five divides and 240 have not: a
split into rows to judge by and rows to learn that anybody can repeat. No input comes twice.

Usage: python3 data/samples/make_butler.py        (standard library only; always writes the same bytes)
"""

import hashlib
import json
import random
from pathlib import Path

TRAINED, HELD_OUT = 240, 60
SEED = 7

ROOMS = ["kitchen", "bedroom", "garden", "library", "bathroom", "hall", "cellar", "attic", "garage", "nursery"]
NUMBERS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve"]
TENS = ["ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WARMTHS = ["fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
MUSIC = ["jazz", "rain", "a waltz", "old songs", "the news", "church bells", "a piano", "sea shanties"]
FOOD = ["the eggs", "the tea", "the bread", "the soup", "the cake", "the rice", "the pie", "the roast"]
GOODS = ["butter", "apples", "candles", "honey", "paper", "lemons", "soap", "matches", "flour", "cheese"]
PEOPLE = ["my mother", "the doctor", "uncle Henry", "the baker", "aunt Mary", "the neighbour", "my brother", "Alice"]

# Intent, slots, ways to ask, and the answer. Ways to ask hold every slot; the answer holds them again.
TEMPLATES = [
    (
        "light_on",
        {"room": ROOMS},
        [
            "turn on the light in the {room}",
            "it is too dark in the {room}",
            "some light in the {room}",
            "switch the {room} lamps on",
            "I can not see a thing in the {room}",
        ],
        "Let there be light in the {room}.",
    ),
    (
        "light_off",
        {"room": ROOMS},
        [
            "turn off the light in the {room}",
            "no more light in the {room}",
            "put out the lamps in the {room}",
            "make the {room} dark",
        ],
        "The {room} may sleep now.",
    ),
    (
        "light_dim",
        {"room": ROOMS, "percent": TENS},
        [
            "dim the {room} to {percent} percent",
            "set the light in the {room} to {percent} percent",
            "{percent} percent light in the {room}",
        ],
        "A gentle {percent} percent for the {room}.",
    ),
    (
        "heating_set",
        {"room": ROOMS, "degrees": WARMTHS},
        [
            "heat the {room} to {degrees} degrees",
            "I want {degrees} degrees in the {room}",
            "make it {degrees} degrees in the {room}",
        ],
        "The {room} shall have its {degrees} degrees.",
    ),
    (
        "music_play",
        {"music": MUSIC, "room": ROOMS},
        [
            "play {music} in the {room}",
            "I would like to hear {music} in the {room}",
            "put on {music} in the {room}",
        ],
        "One hears {music} in the {room} already.",
    ),
    (
        "timer_set",
        {"minutes": NUMBERS, "thing": FOOD},
        [
            "set a timer of {minutes} minutes for {thing}",
            "remind me of {thing} in {minutes} minutes",
            "{minutes} minutes for {thing}",
            "tell me when {thing} had {minutes} minutes",
        ],
        "I shall watch {thing} for {minutes} minutes.",
    ),
    (
        "list_add",
        {"goods": GOODS},
        [
            "put {goods} on the list",
            "we are out of {goods}",
            "we need {goods}",
            "add {goods} to the shopping list",
            "buy {goods} next time",
        ],
        "No house without {goods}, I have noted it.",
    ),
    (
        "call",
        {"person": PEOPLE},
        [
            "call {person}",
            "I want to speak to {person}",
            "get me {person} on the phone",
            "ring {person} for me",
        ],
        "I am ringing {person} this instant.",
    ),
    (
        "door_lock",
        {"room": ROOMS},
        ["lock the door of the {room}", "is the {room} locked", "nobody should get into the {room}"],
        "The {room} is locked, sleep well.",
    ),
]

OPENINGS = ["", "", "", "please ", "James, ", "could you ", "be so kind: "]


def is_held_out(text: str) -> bool:
    """Whether five divides the first eight bytes of the digest of the words in lower case."""
    normalised = " ".join(text.lower().split())
    return int.from_bytes(hashlib.sha256(normalised.encode()).digest()[:8], "big") % 5 == 0


def row(chance: random.Random) -> dict[str, str]:
    intent, slots, questions, answer = chance.choice(TEMPLATES)
    chosen = {name: chance.choice(values) for name, values in slots.items()}
    question = chance.choice(OPENINGS) + chance.choice(questions).format(**chosen)
    noted = ", ".join(f"{name} {value}" for name, value in chosen.items())
    return {"input": question, "output": f"{intent}: {noted}. Very good. {answer.format(**chosen)}"}


def rows() -> list[dict[str, str]]:
    chance = random.Random(SEED)
    seen: set[str] = set()
    left = {True: HELD_OUT, False: TRAINED}
    kept = []
    while any(left.values()):
        candidate = row(chance)
        side = is_held_out(candidate["input"])
        if candidate["input"].lower() not in seen and left[side]:
            seen.add(candidate["input"].lower())
            left[side] -= 1
            kept.append(candidate)
    return kept


if __name__ == "__main__":
    text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows())
    Path(__file__).with_name("butler.jsonl").write_text(text, encoding="utf-8")
