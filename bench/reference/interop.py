#!/usr/bin/env python3
"""The real PEFT's side of the exchange of adapter folders with Attune.

    python bench/reference/interop.py make  --base BASE --out FOLDER     # folders for Attune to read, and their logits
    python bench/reference/interop.py check --base BASE --folders FOLDER # loads Attune's folders, compares the logits

Rows and logits lie in safetensors files: `source.N`, `target.N` as 32-bit ids, `logits.N` as [target tokens, vocabulary].
`make` also writes FOLDER/refused: adapters with something that Attune must refuse by name.
"""
import argparse
import json
import pathlib
import shutil

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file

import t5

ROWS = [("turn all kitchen fans on", "HassTurnOn area=Kitchen domain=fan name=all"),
        ("Order the words: window the open please", "Please open the window."),
        ("Write a simple story about boat, rain.", "A small boat lay on the lake. Then the rain came, and the boat went home.")]
EVERYWHERE = ["q", "k", "v", "o", "wi_0", "wi_1", "wo"]
LORAS = {"lora_q_v": (16, 32, ["q", "v"]), "lora_everywhere": (4, 8, EVERYWHERE), "lora_k_o": (3, 5, ["k", "o"]),
         "lora_feed_forward": (8, 8, ["wi_0", "wi_1", "wo"])}
REFUSED = {"use_dora": dict(use_dora=True), "use_rslora": dict(use_rslora=True), "bias": dict(bias="lora_only"),
           "modules_to_save": dict(modules_to_save=["lm_head"]), "rank_pattern": dict(rank_pattern={"q": 8}),
           "alpha_pattern": dict(alpha_pattern={"q": 8}), "layers_to_transform": dict(layers_to_transform=[0]),
           "target_modules": dict(target_modules=["q", "lm_head"])}


def logits(model, rows):
    model.eval()
    with torch.no_grad():
        return [model(**t5.padded([row])).logits[0] for row in rows]


def filled(model, generator):
    """Values that change every answer: B is zero at PEFT's own start."""
    with torch.no_grad():
        for name, weight in sorted(t5.trained(model).items()):
            values = torch.empty(weight.shape).normal_(0.0, 1.0, generator=generator)
            weight.copy_(values if name == "prompt_embeddings" else 0.5 * weight.shape[1] ** -0.5 * values)
    return model


def make(base, out):
    tokenizer, generator = t5.load_tokenizer(base), torch.Generator().manual_seed(3)
    rows = [dict(source=tokenizer(given).input_ids, target=tokenizer(output).input_ids) for given, output in ROWS]
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    tensors = {f"{side}.{place}": torch.tensor(row[side], dtype=torch.int32) for place, row in enumerate(rows) for side in row}
    plain = logits(t5.load(base), rows)
    save_file(tensors | {f"logits.{place}": value for place, value in enumerate(plain)}, out / "rows.safetensors")
    adapters = {"prompt_rows_once": lambda: t5.with_prompt(t5.load(base), 20, submodules=1),
                "prompt_rows_twice": lambda: t5.with_prompt(t5.load(base), 20, submodules=2)}
    for name, (rank, alpha, targets) in LORAS.items():
        adapters[name] = lambda rank=rank, alpha=alpha, targets=targets: t5.with_lora(t5.load(base), rank, alpha, targets)
    for name, adapter in adapters.items():
        model = filled(adapter(), generator)
        model.save_pretrained(out / "theirs" / name)
        found = logits(model, rows)
        assert all((one - other).abs().max() > 0.1 for one, other in zip(found, plain)), f"{name} changes too little to show a fault"
        save_file({f"logits.{place}": value for place, value in enumerate(found)}, out / "theirs" / name / "logits.safetensors")
    for name, setting in REFUSED.items():
        model = t5.with_lora(t5.load(base), 4, 8, **{"targets": setting.get("target_modules", ["q", "v"]),
                                                    **{key: value for key, value in setting.items() if key != "target_modules"}})
        model.save_pretrained(out / "refused" / name)


def check(base, folders):
    stored = load_file(folders / "rows.safetensors")
    rows = [{side: stored[f"{side}.{place}"].tolist() for side in ("source", "target")} for place in range(len(ROWS))]
    differences = {}
    for folder in sorted((folders / "ours").iterdir()):
        model = PeftModel.from_pretrained(t5.load(base), folder)
        ours = load_file(folder / "logits.safetensors")
        differences[folder.name] = max((value - ours[f"logits.{place}"]).abs().max().item()
                                       for place, value in enumerate(logits(model, rows)))
    (folders / "checked.json").write_text(json.dumps(differences) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("act", choices=["make", "check"])
    parser.add_argument("--base", required=True)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--folders", type=pathlib.Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    make(arguments.base, arguments.out) if arguments.act == "make" else check(arguments.base, arguments.folders)


if __name__ == "__main__":
    main()
