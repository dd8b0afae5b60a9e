#!/usr/bin/env python3
"""Takes training steps of PEFT's when it is told to, and says how long they took: a contestant of bench/src/speed.

    python bench/reference/speed.py make FOLDER       # a random base in the shape of flan-t5-small, and rows
    python bench/reference/speed.py train FOLDER ...  # a contestant

A contestant says {"ready": true} in a line when it could begin. Each line it is told is a number of rows; it takes them
in batches, goes on where it stopped, and answers {"seconds": clock, "processor": seconds of all threads}. When it is
told nothing more it says {"peak_kib": N} and ends.
"""
import argparse
import contextlib
import json
import os
import pathlib
import resource
import sys
import time

import torch

import parity
import t5

ROWS = 512


def say(**said):
    print(json.dumps(said), flush=True)


def make(folder):
    t5.make_random(folder / "base", t5.FLAN_T5_SMALL, seed=0)
    rows = parity.make_rows(ROWS, t5.FLAN_T5_SMALL["vocab_size"], torch.Generator().manual_seed(1), 128)
    (folder / "rows.json").write_text(json.dumps(rows) + "\n")


def padded_to(length, rows):
    """A batch as scripts make it that pad to a maximum."""
    longest = [dict(source=row["source"] + [0] * (length - len(row["source"])), target=row["target"]) for row in rows]
    batch = t5.padded(longest)
    labels = torch.full((len(rows), length), -100)
    labels[:, : batch["labels"].shape[1]] = batch["labels"]
    return dict(input_ids=batch["input_ids"], attention_mask=(batch["input_ids"] != 0).long(), labels=labels)


def train(arguments):
    torch.set_num_threads(arguments.threads)
    rows = json.loads((arguments.folder / "rows.json").read_text())
    base = t5.load(arguments.folder / "base", arguments.dropout)
    if arguments.kind == "prompt":
        model = t5.with_prompt(base, 20).train()
        rate = 0.3
    else:
        model = t5.with_lora(base, 16, 32, ["q", "v"]).train()
        rate = 1e-3
    optimizer = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], lr=rate)
    narrow = torch.autocast("cpu", dtype=torch.bfloat16) if arguments.bf16 else contextlib.nullcontext()
    say(ready=True)
    place = 0
    for line in sys.stdin:
        began, spent = time.perf_counter(), time.process_time()
        for first in range(place, place + int(line), arguments.batch):
            taken = [rows[number % len(rows)] for number in range(first, first + arguments.batch)]
            batch = padded_to(arguments.pad, taken) if arguments.pad else t5.padded(taken)
            with narrow:
                loss = model(**batch).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        place += int(line)
        say(seconds=time.perf_counter() - began, processor=time.process_time() - spent)
    say(peak_kib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["make", "train"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--kind", choices=["prompt", "lora"], default="prompt")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--pad", type=int, default=0, help="to so many tokens; 0: to the longest of the batch")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    if arguments.part == "make":
        make(arguments.folder)
    else:
        train(arguments)


if __name__ == "__main__":
    main()
