#!/usr/bin/env python3
"""What PEFT learns on the bundled base from spoken commands, as JSON on standard output.

    python bench/reference/learning.py --base models/attune-mini --data DATA/home_assistant/commands_en.jsonl

Rows with index % 5 == 4 are held out. Loss: mean over all target tokens of the held-out rows; exact match: greedy, at
most 48 new tokens, stripped. Attune's side (bench/src/learning.rs) does the same with the same settings.
"""
import argparse
import json
import random
import sys
import time

import torch

import t5

METHODS = {
    "prompt": dict(learning_rate=0.3, rows=20),
    "lora": dict(learning_rate=3e-3, rank=16, alpha=32, targets=["q", "v"]),
}
NEW_TOKENS = 48
EVALUATED_AT_ONCE = 32


def read_rows(path, tokenizer, limit):
    with open(path, encoding="utf-8") as lines:
        pairs = [(row["input"].strip(), row["output"].strip()) for row in map(json.loads, lines)][:limit]
    return [dict(text=output, source=tokenizer(given).input_ids, target=tokenizer(output).input_ids) for given, output in pairs]


def evaluate(model, rows, tokenizer, answers):
    """Loss and, if asked for, the share of answers that are equal."""
    model.eval()
    loss = tokens = equal = 0
    with torch.no_grad():
        for first in range(0, len(rows), EVALUATED_AT_ONCE):
            part = rows[first : first + EVALUATED_AT_ONCE]
            batch = t5.padded(part)
            count = sum(len(row["target"]) for row in part)
            loss += model(**batch).loss.item() * count
            tokens += count
            if answers:
                ids = model.generate(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"],
                                     max_new_tokens=NEW_TOKENS, do_sample=False)
                said = [tokenizer.decode(answer, skip_special_tokens=True).strip() for answer in ids]
                equal += sum(answer == row["text"] for answer, row in zip(said, part))
    return dict(loss=loss / tokens, **(dict(exact_match=equal / len(rows)) if answers else {}))


def adapted(base, method, settings):
    if method == "lora":
        return t5.with_lora(base, settings["rank"], settings["alpha"], settings["targets"])
    model = t5.with_prompt(base, settings["rows"])
    # Ordinary tokens: neither the marks before nor the sentinels behind them.
    tokens = torch.randint(3, base.config.vocab_size - 128, (settings["rows"],))
    with torch.no_grad():
        next(iter(t5.trained(model).values())).copy_(base.shared.weight[tokens])
    return model


def learn(arguments, method, seed, train, held_out, tokenizer):
    torch.manual_seed(seed)
    order = random.Random(seed)
    settings = METHODS[method]
    model = adapted(t5.load(arguments.base), method, settings)
    weights = list(t5.trained(model).values())
    optimizer = torch.optim.AdamW(weights, lr=settings["learning_rate"], weight_decay=0.0)
    rows, batch = list(train), arguments.batch_size
    steps = arguments.epochs * ((len(rows) + batch - 1) // batch)
    step, start = 0, time.perf_counter()
    while step < steps:
        order.shuffle(rows)
        model.train()
        for first in range(0, len(rows), batch):
            loss = model(**t5.padded(rows[first : first + batch])).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            rate = settings["learning_rate"] * min(1, (step + 1) / arguments.warmup_steps) * (1 - step / steps)
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
            optimizer.zero_grad()
            step += 1
    seconds = time.perf_counter() - start
    print(f"{method}, seed {seed}: {steps} steps in {seconds:.0f} s, last loss {loss.item():.3f}", file=sys.stderr)
    tuned = evaluate(model, held_out, tokenizer, not arguments.without_answers)
    return dict(method=method, seed=seed, steps=steps, seconds=round(seconds, 1), last_training_loss=loss.item(), **tuned)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, help="a T5 folder")
    parser.add_argument("--data", required=True, help="a JSON lines file with `input` and `output`")
    parser.add_argument("--methods", default="lora,prompt")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seeds", default="1")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--warmup-steps", type=int, default=50)
    parser.add_argument("--rows", type=int, help="use only the first rows of the file")
    parser.add_argument("--without-answers", action="store_true", help="losses only")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    tokenizer = t5.load_tokenizer(arguments.base)
    rows = read_rows(arguments.data, tokenizer, arguments.rows)
    train, held_out = ([row for place, row in enumerate(rows) if (place % 5 == 4) == held] for held in (False, True))
    base = evaluate(t5.load(arguments.base), held_out, tokenizer, not arguments.without_answers)
    runs = [learn(arguments, method, int(seed), train, held_out, tokenizer)
            for method in arguments.methods.split(",") for seed in arguments.seeds.split(",")]
    settings = {name: getattr(arguments, name) for name in ("epochs", "batch_size", "warmup_steps", "rows")}
    print(json.dumps(dict(settings=settings, held_out=len(held_out), base=base, runs=runs), indent=1))


if __name__ == "__main__":
    main()
