"""What the reference scripts share: T5 folders, batches, and the adapters of PEFT on them.

The decoder reads the target shifted right with 0 in front, and the loss is the mean over all real target tokens of a
batch; both is what transformers does with padding as -100.
"""
import json
import math
import pathlib

import torch
from peft import LoraConfig, PromptTuningConfig, TaskType, get_peft_model
from safetensors.torch import save_file
from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

FLAN_T5_SMALL = dict(vocab_size=32128, d_model=512, d_kv=64, d_ff=1024, num_layers=8, num_decoder_layers=8, num_heads=6,
                     relative_attention_num_buckets=32, relative_attention_max_distance=128, dropout_rate=0.1,
                     layer_norm_epsilon=1e-6, feed_forward_proj="gated-gelu", pad_token_id=0, eos_token_id=1,
                     decoder_start_token_id=0)


def make_random(folder, shape, seed):
    """Writes a base of this shape with random weights: T5's fan-in rules, but for the head.

    transformers' own start for the head is N(0, 1), which gives logits of +-20 and losses in the hundreds; here it is
    2 / sqrt(width). Deviations of the residual outputs are those that keep the stream from growing layer by layer.
    """
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    config = T5Config(**shape, tie_word_embeddings=False)
    model = T5ForConditionalGeneration(config)
    # transformers 5 ties the head whatever the configuration says, so it is untied by hand and saved by hand.
    model.lm_head.weight = torch.nn.Parameter(torch.empty(config.vocab_size, config.d_model))
    width, inner = config.d_model, config.num_heads * config.d_kv
    deviations = [("lm_head.weight", 2 / math.sqrt(width)), ("shared.weight", 1.0), ("relative_attention_bias.weight", 0.5),
                  (".q.weight", 1.5 * (width * config.d_kv) ** -0.5), (".k.weight", width ** -0.5), (".v.weight", width ** -0.5),
                  (".o.weight", inner ** -0.5), ("wi_0.weight", width ** -0.5), ("wi_1.weight", width ** -0.5),
                  (".wo.weight", 2 * config.d_ff ** -0.5)]
    generator, tensors = torch.Generator().manual_seed(seed), {}
    for name, parameter in sorted(model.named_parameters()):
        if "embed_tokens" in name:
            continue
        values = torch.empty(parameter.shape).normal_(0.0, 1.0, generator=generator)
        if "layer_norm" in name:
            tensors[name] = 1.0 + 0.1 * values
        else:
            [deviation] = [deviation for end, deviation in deviations if name.endswith(end)]
            tensors[name] = deviation * values
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    written = dict(architectures=["T5ForConditionalGeneration"], model_type="t5", is_encoder_decoder=True, **shape,
                   tie_word_embeddings=False)
    (folder / "config.json").write_text(json.dumps(written, indent=1) + "\n")
    # Rows are token ids already; a base without a tokenizer is refused all the same.
    tokenizer = dict(version="1.0", added_tokens=[], pre_tokenizer={"type": "WhitespaceSplit"},
                     model=dict(type="WordLevel", unk_token="<unk>", vocab={"<pad>": 0, "</s>": 1, "<unk>": 2}))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, indent=1) + "\n")


def load(folder, dropout=0.0):
    """A T5 folder in f32, frozen."""
    model = T5ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32, dropout_rate=dropout)
    assert not torch.equal(model.lm_head.weight, model.shared.weight), "the head was tied to the embeddings"
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    return model


def load_tokenizer(folder):
    return PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json", pad_token="<pad>", eos_token="</s>", unk_token="<unk>")


def padded(rows):
    """Rows of token ids, `source` and `target`, as a batch padded to its longest."""
    longest = [max(len(row[side]) for row in rows) for side in ("source", "target")]
    source = torch.zeros(len(rows), longest[0], dtype=torch.long)
    mask, labels = torch.zeros_like(source), torch.full((len(rows), longest[1]), -100)
    for place, row in enumerate(rows):
        source[place, : len(row["source"])] = torch.tensor(row["source"])
        mask[place, : len(row["source"])] = 1
        labels[place, : len(row["target"])] = torch.tensor(row["target"])
    return dict(input_ids=source, attention_mask=mask, labels=labels)


def with_prompt(model, rows, submodules=1):
    """A soft prompt; PEFT's own default stores twice the rows (`submodules` 2) and uses only the first half."""
    return get_peft_model(model, PromptTuningConfig(task_type=TaskType.SEQ_2_SEQ_LM, num_virtual_tokens=rows,
                                                    num_transformer_submodules=submodules))


def with_lora(model, rank, alpha, targets, **others):
    return get_peft_model(model, LoraConfig(task_type=TaskType.SEQ_2_SEQ_LM, r=rank, lora_alpha=alpha, lora_dropout=0.0,
                                            target_modules=targets, **others))


def trained(model):
    """The trainable tensors by the names that PEFT stores them under."""
    return {name.replace(".default", "").replace("prompt_encoder.embedding.weight", "prompt_embeddings"): parameter
            for name, parameter in model.named_parameters() if parameter.requires_grad}
