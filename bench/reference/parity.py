#!/usr/bin/env python3
"""What PEFT computes step by step, for Attune's pass to follow: losses, the first gradient, the adapter after ten steps.

    python bench/reference/parity.py --out FOLDER                      # a random base in the shape of flan-t5-small
    python bench/reference/parity.py --base tests/fixtures/tiny_t5 --out tests/fixtures/parity   # the one CI follows

Both kinds of adapter take the same steps over shuffled batches (each step the next rows) and on one fixed batch, where
a wrong gradient shows as a loss that does not fall. Steps grow as in a warm-up: Adam's first one is the sign of the
gradient, and a slope too small for f32 to tell its sign would else move one value by two whole steps, and all losses
with it. FOLDER/reference.json holds rows, rates and losses, reference.safetensors the start, the first gradient and the
adapter after ten steps of each run; without --base, FOLDER/base is made.
"""
import argparse
import json
import math
import pathlib
import sys
import time

import torch
from safetensors.torch import save_file

import t5

SNAPSHOT = 10
LEARNING_RATES = dict(prompt=0.3, lora=1e-3)
# A larger B, or a faster rate, and f32 follows f64 no more: a difference would tell nothing.
LORA_B = 0.02


def make_rows(count, vocabulary, generator, longest):
    """Random ids behind the marks and before the sentinels; lengths as of real tasks: lognormal, cut at both ends."""
    def tokens(median):
        length = round(math.exp(math.log(median) + 0.55 * torch.randn((), generator=generator).item()))
        length = min(max(length, longest // 8), longest)
        return torch.randint(3, vocabulary - min(28, vocabulary // 16), (length - 1,), generator=generator).tolist() + [1]
    return [dict(source=tokens(longest * 0.44), target=tokens(longest * 0.31)) for _ in range(count)]


def adapted(base, kind, generator):
    """A soft prompt of N(0, 1), or LoRA on q and v whose B is not zero, so that each of its tensors has a gradient."""
    if kind == "prompt":
        model = t5.with_prompt(base, 20)
    else:
        model = t5.with_lora(base, 4, 8, ["q", "v"])
    with torch.no_grad():
        for name, weight in sorted(t5.trained(model).items()):
            values = torch.empty(weight.shape).normal_(0.0, 1.0, generator=generator)
            weight.copy_(values if kind == "prompt" else values * weight.shape[1] ** -0.5 * (LORA_B if "lora_B" in name else 1.0))
    return model


def run(folder, kind, rows, batch, rates, fixed, seed):
    model = adapted(t5.load(folder), kind, torch.Generator().manual_seed(seed)).train()
    weights = t5.trained(model)
    tensors = {f"start.{name}": weight.detach().clone() for name, weight in weights.items()}
    optimizer = torch.optim.AdamW(list(weights.values()), weight_decay=0.0)
    losses, start = [], time.perf_counter()
    for step, rate in enumerate(rates):
        first = 0 if fixed else step * batch
        loss = model(**t5.padded(rows[first : first + batch])).loss
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            tensors.update({f"gradient.{name}": weight.grad.clone() for name, weight in weights.items()})
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        if step + 1 == SNAPSHOT:
            tensors.update({f"snapshot.{name}": weight.detach().clone() for name, weight in weights.items()})
        losses.append(loss.item())
    print(f"{kind}, {'fixed batch' if fixed else 'shuffled'}: {losses[0]:.6f} -> {losses[-1]:.6f} in "
          f"{time.perf_counter() - start:.1f} s", file=sys.stderr)
    return losses, tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--base", type=pathlib.Path, help="a T5 folder; made in FOLDER/base if left out")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    base, longest = arguments.base, 48
    if base is None:
        base, longest = arguments.out / "base", 128
        t5.make_random(base, t5.FLAN_T5_SMALL, seed=0)
    arguments.out.mkdir(parents=True, exist_ok=True)
    vocabulary = json.loads((base / "config.json").read_text())["vocab_size"]
    rows = make_rows(arguments.steps * arguments.batch_size, vocabulary, torch.Generator().manual_seed(1), longest)
    runs, tensors = [], {}
    for kind, highest in LEARNING_RATES.items():
        rates = [highest * (step + 1) / arguments.steps for step in range(arguments.steps)]
        for fixed in (False, True):
            name = f"{kind}_{'fixed' if fixed else 'shuffled'}"
            losses, own = run(base, kind, rows, arguments.batch_size, rates, fixed, seed=7)
            steps = [dict(learning_rate=rate, loss=loss) for rate, loss in zip(rates, losses)]
            runs.append(dict(name=name, kind=kind, fixed=fixed, steps=steps))
            tensors.update({f"{name}.{tensor}": value.contiguous() for tensor, value in own.items()})
    save_file(tensors, arguments.out / "reference.safetensors")
    written = dict(batch_size=arguments.batch_size, snapshot=SNAPSHOT, prompt_rows=20, lora=dict(rank=4, alpha=8, targets=["q", "v"]),
                   rows=rows, runs=runs)
    (arguments.out / "reference.json").write_text(json.dumps(written) + "\n")


if __name__ == "__main__":
    main()
