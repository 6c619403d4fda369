#!/usr/bin/env python3
"""Write the reference cases of FamilyCasesTests: small networks of torchvision's families.

usage: family_cases.py OUT          (PyTorch 1.13, torchvision 0.14)

Each case is a text file: lines "NAME SHAPE" of the state dict, then "images SIDE" and the logits of one
image. Weights and images are not stored: they follow from their names by splitmix and fill, which are those
of the reference cases' generate.py and of GeneratedWeights in C#.
With the argument --hashes the program prints names, parameter counts and hashes of full-size networks.
"""
import hashlib
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision.models as M
from torchvision.models import efficientnet as E
from torchvision.models import mobilenetv3 as V3
from torchvision.models.regnet import BlockParams, RegNet


def splitmix(name, count):
    h = 0xCBF29CE484222325
    for b in name.encode():
        h = ((h ^ b) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        z = np.uint64(h) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def fill(model, salt):
    with torch.no_grad():
        for name, t in model.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            u = torch.from_numpy(splitmix(f"{salt}:{name}", t.numel())).reshape(t.shape)
            if name.endswith("running_var"):
                v = 0.5 + u
            elif t.ndim >= 2:
                v = (2 * u - 1) * (3.0 / t[0].numel()) ** 0.5
            elif name.endswith("weight"):
                v = 0.75 + 0.5 * u
            else:
                v = 0.2 * (u - 0.5)
            t.copy_(v.to(t.dtype))


def vgg(norms):
    layers, c = [], 3
    for v in [4, "M", 8, "M", 8, 12, "M", 12, "M", 12, 12, "M"]:
        if v == "M":
            layers.append(nn.MaxPool2d(2, 2))
            continue
        layers += [nn.Conv2d(c, v, 3, padding=1)] + ([nn.BatchNorm2d(v)] if norms else []) + [nn.ReLU()]
        c = v
    m = M.VGG(nn.Sequential(*layers), num_classes=10, init_weights=False)
    m.classifier = nn.Sequential(nn.Linear(12 * 49, 20), nn.ReLU(), nn.Dropout(), nn.Linear(20, 16), nn.ReLU(), nn.Dropout(),
                                 nn.Linear(16, 10))
    return m


def alexnet():
    m = M.alexnet(weights=None, num_classes=10)
    f, c = list(m.features), 3
    for i, width in ((0, 8), (3, 12), (6, 16), (8, 12), (10, 8)):
        f[i] = nn.Conv2d(c, width, f[i].kernel_size, f[i].stride, f[i].padding)
        c = width
    m.features = nn.Sequential(*f)
    m.classifier[1], m.classifier[4], m.classifier[6] = nn.Linear(8 * 36, 20), nn.Linear(20, 16), nn.Linear(16, 10)
    return m


def mobilenet_v3(arch, eps=0.001):
    rows, last = V3._mobilenet_v3_conf(arch, width_mult=0.25)
    return V3.MobileNetV3(rows, last, num_classes=10, norm_layer=lambda c: nn.BatchNorm2d(c, eps=eps))


def same_padding(model):
    """TensorFlow's padding in all convolutions, and its eps in all norms."""
    for m in model.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.eps = 1e-3
        if isinstance(m, nn.Conv2d):
            def forward(x, m=m):
                total = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[2:], m.kernel_size, m.stride)]
                x = F.pad(x, (total[1] // 2, total[1] - total[1] // 2, total[0] // 2, total[0] - total[0] // 2))
                return F.conv2d(x, m.weight, m.bias, m.stride, 0, 1, m.groups)
            m.forward = forward
    return model


def efficientnet(depth):
    rows, last = E._efficientnet_conf("efficientnet_b0", width_mult=0.25, depth_mult=depth)
    norm = {"norm_layer": lambda c: nn.BatchNorm2d(c, eps=0.001)} if depth > 2 else {}
    return E.EfficientNet(rows, 0.2, num_classes=10, last_channel=last, **norm)


def efficientnet_v2():
    rows = [E.FusedMBConvConfig(1, 3, 1, 8, 8, 2), E.FusedMBConvConfig(4, 3, 2, 8, 16, 2), E.FusedMBConvConfig(4, 3, 2, 16, 16, 1),
            E.MBConvConfig(4, 3, 2, 16, 24, 2), E.MBConvConfig(6, 3, 1, 24, 32, 1), E.MBConvConfig(6, 3, 2, 32, 40, 2)]
    return E.EfficientNet(rows, 0.2, num_classes=10, last_channel=64, norm_layer=lambda c: nn.BatchNorm2d(c, eps=0.001))


def regnet(se):
    p = BlockParams.from_init_params(depth=7, w_0=16, w_a=16.0, w_m=1.7, group_width=8, se_ratio=se)
    return RegNet(p, num_classes=10, stem_width=12)


CASES = {
    "vgg": (lambda: vgg(False), 32),
    "vgg_pooled": (lambda: vgg(False), 448),
    "vgg_bn": (lambda: vgg(True), 224),
    "alexnet": (alexnet, 224),
    "mobilenet_v2": (lambda: M.mobilenet_v2(weights=None, width_mult=0.1, num_classes=10), 64),
    "mobilenet_v3_large": (lambda: mobilenet_v3("mobilenet_v3_large"), 64),
    "mobilenet_v3_small": (lambda: mobilenet_v3("mobilenet_v3_small"), 64),
    "mobilenet_v3_large_timm": (lambda: mobilenet_v3("mobilenet_v3_large", 1e-5), 64),
    "mobilenet_v3_small_timm": (lambda: mobilenet_v3("mobilenet_v3_small", 1e-5), 64),
    "mobilenet_v3_small_tf": (lambda: same_padding(mobilenet_v3("mobilenet_v3_small")), 65),
    "efficientnet_tf": (lambda: same_padding(efficientnet(1.0)), 72),
    "efficientnet": (lambda: efficientnet(1.0), 64),
    "efficientnet_deep": (lambda: efficientnet(2.2), 64),
    "efficientnet_v2": (efficientnet_v2, 64),
    "densenet": (lambda: M.DenseNet(4, (2, 3, 2, 2), 8, num_classes=10), 64),
    "regnet_x": (lambda: regnet(None), 64),
    "regnet_y": (lambda: regnet(0.25), 64),
    "squeezenet1_0": (lambda: M.squeezenet1_0(weights=None, num_classes=10), 96),
    "squeezenet1_1": (lambda: M.squeezenet1_1(weights=None, num_classes=10), 97),
    "googlenet": (lambda: M.googlenet(weights=None, num_classes=10, aux_logits=True, init_weights=False, transform_input=False), 64),
    "shufflenet_v2": (lambda: M.ShuffleNetV2([2, 3, 2], [8, 16, 24, 32, 40], num_classes=10), 64),
    "mnasnet": (lambda: M.MNASNet(0.1, num_classes=10), 64),
}

FULL = ["vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn", "alexnet", "mobilenet_v2",
        "mobilenet_v3_large", "mobilenet_v3_small", *(f"efficientnet_b{i}" for i in range(8)), "efficientnet_v2_s", "efficientnet_v2_m",
        "efficientnet_v2_l", "densenet121", "densenet161", "densenet169", "densenet201",
        *(f"regnet_x_{s}" for s in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")),
        *(f"regnet_y_{s}" for s in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf", "128gf")),
        "squeezenet1_0", "squeezenet1_1", "googlenet", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5",
        "shufflenet_v2_x2_0", "mnasnet0_5", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3"]


def lines(model):
    return [f"{k} [{', '.join(map(str, v.shape))}]" for k, v in model.state_dict().items() if not k.endswith("tracked")]


def main():
    if sys.argv[1] == "--hashes":
        for init in ("kaiming_normal_", "normal_", "trunc_normal_", "xavier_uniform_", "uniform_", "kaiming_uniform_"):
            setattr(nn.init, init, lambda t, *a, **k: t)
        for name in sys.argv[2:] or FULL:
            options = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
            m = getattr(M, name)(weights=None, **options)
            text = "\n".join(sorted(lines(m)))
            print(f'    [InlineData("{name}", {sum(p.numel() for p in m.parameters())}, '
                  f'"{hashlib.sha256(text.encode()).hexdigest()}")]', flush=True)
        return
    for name, (make, side) in CASES.items():
        m = make().eval()
        fill(m, name)
        x = torch.from_numpy(splitmix(f"{name}:images", 3 * side * side)).float().reshape(1, 3, side, side) * 4 - 2
        with torch.no_grad():
            y = m.double()(x.double())[0]
        with open(f"{sys.argv[1]}/{name}.txt", "w") as f:
            f.write("\n".join([*lines(m), f"images {side}", " ".join(f"{v:.9g}" for v in y.tolist())]) + "\n")
        print(name, len(lines(m)), y.abs().max().item())


main()
