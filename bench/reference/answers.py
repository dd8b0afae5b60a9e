#!/usr/bin/env python3
"""Answers prompts with CTranslate2 or transformers when it is told to: a contestant of bench/src/answers.

    python bench/reference/answers.py make FOLDER        # a random base in the shape of flan-t5-small, and prompts
    python bench/reference/answers.py answer FOLDER ...  # a contestant, whose lines are those of speed.py

Greedy search, 64 new tokens for each prompt, no end of sequence.
"""
import argparse
import json
import os
import pathlib
import resource
import sys
import time

import torch

import parity
import t5

PROMPTS = 512
TOKENS = 64
END = 1


def say(**said):
    print(json.dumps(said), flush=True)


def word(token):
    return {0: "<pad>", END: "</s>", 2: "<unk>"}.get(token, f"<{token}>")


def make(folder):
    t5.make_random(folder / "base", t5.FLAN_T5_SMALL, seed=0)
    vocabulary = {word(token): token for token in range(t5.FLAN_T5_SMALL["vocab_size"])}
    tokenizer = dict(version="1.0", added_tokens=[], pre_tokenizer={"type": "WhitespaceSplit"},
                     model=dict(type="WordLevel", unk_token="<unk>", vocab=vocabulary))
    (folder / "base/tokenizer.json").write_text(json.dumps(tokenizer) + "\n")
    convert(folder / "base", folder / "ctranslate2")
    rows = parity.make_rows(PROMPTS, t5.FLAN_T5_SMALL["vocab_size"], torch.Generator().manual_seed(1), 128)
    # Each side puts the end of sequence behind them by itself.
    prompts = [[token for token in row["source"] if token > 2] for row in rows]
    (folder / "prompts.json").write_text(json.dumps(prompts) + "\n")


def convert(base, folder):
    """CTranslate2's own converter, with words made up for the tokens."""
    from ctranslate2.converters import transformers as converters

    class Words:
        pad_token, eos_token, unk_token, bos_token = word(0), word(END), word(2), None

        def get_vocab(self):
            return {word(token): token for token in range(t5.FLAN_T5_SMALL["vocab_size"])}

        def convert_ids_to_tokens(self, token):
            return word(token)

    model = t5.load(base)
    loader = converters._MODEL_LOADERS["T5Config"]
    specification = loader.get_model_spec(model)
    loader.set_config(specification.config, model, Words())
    loader.set_vocabulary(specification, [word(token) for token in range(model.config.vocab_size)])
    specification.validate()
    specification.optimize(quantization=None)
    folder.mkdir(exist_ok=True)
    specification.save(str(folder))


def ctranslate2_answers(folder, threads):
    import ctranslate2

    translator = ctranslate2.Translator(str(folder / "ctranslate2"), device="cpu", compute_type="int8",
                                        inter_threads=1, intra_threads=threads)

    def answer(prompts):
        words = [[word(token) for token in prompt + [END]] for prompt in prompts]
        answers = translator.translate_batch(words, beam_size=1, max_decoding_length=TOKENS,
                                             min_decoding_length=TOKENS, max_batch_size=0)
        assert all(len(answer.hypotheses[0]) >= TOKENS - 1 for answer in answers)

    return answer


def transformers_answers(folder, threads):
    torch.set_num_threads(threads)
    model = t5.load(folder / "base").eval()

    def answer(prompts):
        rows = [dict(source=prompt + [END], target=[END]) for prompt in prompts]
        batch = t5.padded(rows)
        with torch.inference_mode():
            answers = model.generate(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"],
                                     max_new_tokens=TOKENS, min_new_tokens=TOKENS, do_sample=False, num_beams=1)
        assert answers.shape[1] == TOKENS + 1

    return answer


ENGINES = dict(ctranslate2=ctranslate2_answers, transformers=transformers_answers)


def take_part(arguments):
    prompts = json.loads((arguments.folder / "prompts.json").read_text())
    answer = ENGINES[arguments.engine](arguments.folder, arguments.threads)
    say(ready=True)
    place = 0
    for line in sys.stdin:
        taken = [prompts[number % len(prompts)] for number in range(place, place + int(line))]
        place += len(taken)
        began, spent = time.perf_counter(), time.process_time()
        answer(taken)
        say(seconds=time.perf_counter() - began, processor=time.process_time() - spent)
    say(peak_kib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["make", "answer"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--engine", choices=sorted(ENGINES), default="ctranslate2")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    if arguments.part == "make":
        make(arguments.folder)
    else:
        take_part(arguments)


if __name__ == "__main__":
    main()
