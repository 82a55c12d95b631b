"""DCN-v2 (parallel, full matrices) by PyTorch on rows that the benchmark wrote. Answers one JSON line.

Adam on cross entropy; stops by the validation rows. The scores of the test rows go to a file.
"""
import argparse
import copy
import json
import os
import time

import numpy as np
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--width", type=int)
parser.add_argument("--categorical")
parser.add_argument("--codes")
parser.add_argument("--embedding", type=int)
parser.add_argument("--cross", type=int)
parser.add_argument("--deep")
parser.add_argument("--dropout", type=float)
parser.add_argument("--l2", type=float)
parser.add_argument("--embl2", type=float)
parser.add_argument("--rate", type=float)
parser.add_argument("--batch", type=int)
parser.add_argument("--epochs", type=int)
parser.add_argument("--patience", type=int)
parser.add_argument("--seed", type=int)
parser.add_argument("--threads", type=int)
a = parser.parse_args()
torch.manual_seed(a.seed)
torch.set_num_threads(a.threads)
cats = [int(c) for c in a.categorical.split(",") if c]
codes = [int(c) for c in a.codes.split(",") if c]
nums = [c for c in range(a.width) if c not in cats]


def table(part):
    x = np.fromfile(os.path.join(a.folder, part + ".x"), dtype=np.float32).reshape(-1, a.width)
    return x, np.fromfile(os.path.join(a.folder, part + ".y"), dtype=np.float32)


(x, y), (xv, yv), (xt, _) = table("train"), table("valid"), table("test")
mean = x[:, nums].mean(0)
scale = x[:, nums].std(0)
scale[scale < 1e-7] = np.inf
seen = [np.isin(np.arange(n), x[:, c].astype(np.int64)) for c, n in zip(cats, codes)]


def tensors(x):
    idx = np.stack([np.where(s[x[:, c].astype(np.int64)], x[:, c].astype(np.int64) + 1, 0) for c, s in zip(cats, seen)], 1)
    return torch.from_numpy(((x[:, nums] - mean) / scale).astype(np.float32)), torch.from_numpy(idx)


class Dcn(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.ModuleList([nn.Embedding(n + 1, a.embedding) for n in codes])
        d = len(nums) + a.embedding * len(cats)
        self.cross = nn.ModuleList([nn.Linear(d, d) for _ in range(a.cross)])
        layers, width = [], d
        for units in [int(u) for u in a.deep.split(",")]:
            layers += [nn.Linear(width, units), nn.ReLU(), nn.Dropout(a.dropout)]
            width = units
        self.deep = nn.Sequential(*layers)
        self.out = nn.Linear(d + width, 1)
        for e in self.emb:
            nn.init.normal_(e.weight, std=0.01)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_normal_(m.weight)
                nn.init.zeros_(m.bias)

    def forward(self, num, idx):
        x0 = torch.cat([num] + [e(idx[:, i]) for i, e in enumerate(self.emb)], 1)
        x = x0
        for layer in self.cross:
            x = x0 * layer(x) + x
        return self.out(torch.cat([x, self.deep(x0)], 1)).squeeze(1)


clock = time.perf_counter()
num, idx = tensors(x)
numv, idxv = tensors(xv)
label, labelv = torch.from_numpy(y), torch.from_numpy(yv)
model = Dcn()
biases = [p for n, p in model.named_parameters() if n.endswith("bias")]
tables = [p for n, p in model.named_parameters() if n.startswith("emb")]
weights = [p for n, p in model.named_parameters() if not n.endswith("bias") and not n.startswith("emb")]
adam = torch.optim.Adam([{"params": biases}, {"params": tables, "weight_decay": a.embl2}, {"params": weights, "weight_decay": a.l2}], lr=a.rate)
loss_of = nn.BCEWithLogitsLoss()


def score(num, idx):
    model.eval()
    with torch.no_grad():
        return torch.cat([model(num[i:i + 8192], idx[i:i + 8192]) for i in range(0, len(num), 8192)])


best, best_epoch, kept = np.inf, 0, None
for epoch in range(1, a.epochs + 1):
    model.train()
    order = torch.randperm(len(num))
    for start in range(0, len(order), a.batch):
        rows = order[start:start + a.batch]
        adam.zero_grad()
        loss = loss_of(model(num[rows], idx[rows]), label[rows])
        loss.backward()
        adam.step()
    loss = float(loss_of(score(numv, idxv), labelv))
    if loss < best:
        best, best_epoch, kept = loss, epoch, copy.deepcopy(model.state_dict())
    if a.patience and epoch - best_epoch >= a.patience:
        break
seconds = time.perf_counter() - clock
model.load_state_dict(kept)
score(*tensors(xt)).numpy().astype(np.float32).tofile(os.path.join(a.folder, "peer.s"))
print(json.dumps({"seconds": seconds, "epochs": epoch, "trees": best_epoch, "version": "PyTorch " + torch.__version__}))
