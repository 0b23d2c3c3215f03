"""What the program `finetune` does by default with pretrained weights, in PyTorch and torchvision."""
import math
import random

import numpy as np
import torch
from PIL import Image
from torchvision import transforms

RATE, BATCH, LAYER_DECAY, WEIGHT_DECAY = 3e-4, 32, 0.7, 0.01
# From the pixels to the logits, by the names of torchvision's modules.
PARTS = [["conv1", "bn1"], ["layer1"], ["layer2"], ["layer3"], ["layer4"], ["fc"]]


def part_of(name):
    return next(number for number, modules in enumerate(PARTS) if name.split(".")[0] in modules)


def parameter_groups(model):
    """Each part with 0.7 of the next one's rate; only the weights of layers decay."""
    groups = []
    for name, parameter in model.named_parameters():
        factor = LAYER_DECAY ** (len(PARTS) - 1 - part_of(name))
        groups.append({"params": [parameter], "factor": factor, "weight_decay": WEIGHT_DECAY if parameter.dim() > 1 else 0.0})
    return groups


def unfreeze(model, epoch):
    """The classifier alone learns in epoch 0, one part more in each later one; BatchNorm of the others stays as it is."""
    model.train()
    frozen = max(0, len(PARTS) - 1 - epoch)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(part_of(name) >= frozen)
    for number, modules in enumerate(PARTS):
        for module in modules:
            if number < frozen:
                getattr(model, module).eval()


def rate(step, steps_per_epoch, total):
    """A straight line from zero over an epoch, then half a cosine."""
    if step < steps_per_epoch:
        return RATE * step / steps_per_epoch
    return RATE * 0.5 * (1 + math.cos(math.pi * (step - steps_per_epoch) / (total - steps_per_epoch)))


def effective_number(labels, classes):
    weights = (1 - 0.999) / (1 - 0.999 ** np.bincount(labels, minlength=classes))
    return torch.tensor(weights * classes / weights.sum(), dtype=torch.float32)


def normalisation(images):
    """Mean and deviation of every pixel of the training pictures."""
    count, total, squares = 0, np.zeros(3), np.zeros(3)
    for image in images:
        pixels = np.asarray(image, dtype=np.float64).reshape(-1, 3) / 255
        count, total, squares = count + len(pixels), total + pixels.sum(0), squares + (pixels**2).sum(0)
    mean = total / count
    return transforms.Normalize(mean.tolist(), np.sqrt(squares / count - mean**2).tolist())


def learn(model, root, rows, classes, size, epochs, seed, batch=BATCH, vary=True, watched=None):
    """Trains on `train`, keeps the weights of the smallest loss on `validation`, returns the probabilities of `test`.

    Without `vary` training pictures are whole; the validation loss of each epoch is added to `watched`."""
    torch.manual_seed(seed)
    random.seed(seed)
    images = {}
    for path, label, split, _ in rows:
        images.setdefault(split, []).append((Image.open(root / path).convert("RGB"), classes.index(label)))
    normalise = normalisation(image for image, _ in images["train"])
    random_crop = transforms.Compose([
        transforms.RandomResizedCrop(size, scale=(0.7, 1.0), ratio=(0.85, 1.18)), transforms.RandomHorizontalFlip(),
        transforms.ToTensor(), normalise,
    ])
    whole = transforms.Compose([transforms.Resize((size, size)), transforms.ToTensor(), normalise])
    weights = effective_number([label for _, label in images["train"]], len(classes))
    optimizer = torch.optim.AdamW(parameter_groups(model), lr=RATE, betas=(0.9, 0.999), eps=1e-8)
    varied = random_crop if vary else whole
    steps_per_epoch = len(images["train"]) // batch
    best, step = (math.inf, None), 0

    def logits(split):
        model.eval()
        with torch.no_grad():
            part = lambda at: torch.stack([whole(image) for image, _ in images[split][at:at + BATCH]])
            return torch.cat([model(part(at)) for at in range(0, len(images[split]), BATCH)])

    for epoch in range(epochs):
        unfreeze(model, epoch)
        order = torch.randperm(len(images["train"])).tolist()
        for at in range(steps_per_epoch):
            part = [images["train"][index] for index in order[at * batch:(at + 1) * batch]]
            for group in optimizer.param_groups:
                group["lr"] = rate(step, steps_per_epoch, epochs * steps_per_epoch) * group["factor"]
            labels = torch.tensor([label for _, label in part])
            losses = torch.nn.functional.cross_entropy(model(torch.stack([varied(image) for image, _ in part])), labels, reduction="none")
            optimizer.zero_grad()
            (losses * weights[labels]).mean().backward()
            torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.grad is not None], 1.0)
            optimizer.step()
            step += 1
        truth = torch.tensor([label for _, label in images["validation"]])
        loss = torch.nn.functional.cross_entropy(logits("validation"), truth).item()
        if watched is not None:
            watched.append(loss)
        if loss < best[0]:
            best = (loss, {name: value.clone() for name, value in model.state_dict().items()})
    model.load_state_dict(best[1])
    return torch.softmax(logits("test"), 1).numpy()
