# SPDX-License-Identifier: GPL-3.0-or-later
"""The exports where they are meant to go: check_with_transformers.py checkpoint folder adapter expected.json [device]

transformers loads the exported folder, PEFT the adapter on the checkpoint, and both must give the logits in
expected.json, a list of {"text", "ids", "logits"}; the checkpoint by itself must not. The folder's tokenizer must give
the ids. Needs torch, transformers and peft, and no network."""
import json, sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

BOUND = 2e-4  # both compute in float32


def main(checkpoint, folder, adapter, expected, device="cpu"):
    questions = json.load(open(expected))

    def load(path):
        return AutoModelForCausalLM.from_pretrained(path, local_files_only=True).float().to(device).eval()

    def difference(model):
        with torch.no_grad():
            return max(float((model(torch.tensor([question["ids"]], device=device)).logits[0, -1].double().cpu()
                              - torch.tensor(question["logits"], dtype=torch.float64)).abs().max())
                       for question in questions)

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    for question in questions:
        if tokenizer(question["text"]).input_ids != question["ids"]:
            sys.exit("the folder's tokenizer splits %r otherwise" % question["text"])
    far = {"checkpoint": difference(load(checkpoint)), "folder": difference(load(folder))}
    with_adapter = PeftModel.from_pretrained(load(checkpoint), adapter).eval()
    far["adapter"] = difference(with_adapter)
    far["adapter, merged"] = difference(with_adapter.merge_and_unload().eval())
    print("largest difference of a logit: %s" % json.dumps(far))
    if max(far["folder"], far["adapter"], far["adapter, merged"]) > BOUND:
        sys.exit("the exports say something else")
    if far["checkpoint"] < 100 * BOUND:
        sys.exit("the edits change nothing: this shows nothing")


if __name__ == "__main__":
    main(*sys.argv[1:])
