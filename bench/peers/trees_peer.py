"""Boosted trees by scikit-learn (logistic) or XGBoost (lambdarank) on rows that the benchmark wrote. Answers one JSON line.

The number of trees is chosen on the validation rows after the timed fit; the scores of the test rows go to a file.
"""
import argparse
import json
import os
import time

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--width", type=int)
parser.add_argument("--trees", type=int)
parser.add_argument("--leaves", type=int)
parser.add_argument("--rate", type=float)
parser.add_argument("--minrows", type=int)
parser.add_argument("--l2", type=float)
parser.add_argument("--categorical", default="")
parser.add_argument("--seed", type=int)
parser.add_argument("--threads", type=int)
parser.add_argument("--objective")
a = parser.parse_args()
os.environ["OMP_NUM_THREADS"] = str(a.threads)


def read(name, dtype=np.float32):
    return np.fromfile(os.path.join(a.folder, name), dtype=dtype)


def table(part):
    return read(part + ".x").reshape(-1, a.width), read(part + ".y")


(x, y), (xv, yv), (xt, _) = table("train"), table("valid"), table("test")
cats = [int(c) for c in a.categorical.split(",") if c]

if a.objective == "logistic":
    import sklearn
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        max_iter=a.trees, learning_rate=a.rate, max_leaf_nodes=a.leaves, min_samples_leaf=a.minrows,
        l2_regularization=a.l2, max_bins=255, early_stopping=False, random_state=a.seed,
        categorical_features=cats or None)
    clock = time.perf_counter()
    model.fit(x, y)
    seconds = time.perf_counter() - clock
    best, trees = np.inf, 0
    for t, p in enumerate(model.staged_predict_proba(xv), 1):
        p = np.clip(p[:, 1], 1e-7, 1 - 1e-7)
        loss = -np.mean(np.where(yv > 0.5, np.log(p), np.log(1 - p)))
        if loss < best:
            best, trees = loss, t
    for t, p in enumerate(model.staged_predict_proba(xt), 1):
        if t == trees:
            p = np.clip(p[:, 1].astype(np.float64), 1e-15, 1 - 1e-15)
            scores = np.log(p / (1 - p))
            break
    version = "scikit-learn " + sklearn.__version__
else:
    import xgboost as xgb

    train, valid, test = xgb.DMatrix(x, y), xgb.DMatrix(xv, yv), xgb.DMatrix(xt)
    train.set_group(read("train.q", np.int32))
    valid.set_group(read("valid.q", np.int32))
    params = dict(objective="rank:ndcg", eval_metric="ndcg@10", eta=a.rate, grow_policy="lossguide", max_leaves=a.leaves,
                  max_depth=0, tree_method="hist", min_child_weight=a.l2, nthread=a.threads, seed=a.seed, reg_lambda=1.0)
    params["lambda"] = 1.0
    clock = time.perf_counter()
    model = xgb.train(params, train, a.trees)
    seconds = time.perf_counter() - clock
    seen = {}
    xgb.train(params, train, a.trees, evals=[(valid, "v")], evals_result=seen, verbose_eval=False)
    trees = int(np.argmax(seen["v"]["ndcg@10"])) + 1
    scores = model.predict(test, iteration_range=(0, trees))
    version = "XGBoost " + xgb.__version__

scores.astype(np.float32).tofile(os.path.join(a.folder, "peer.s"))
print(json.dumps({"seconds": seconds, "trees": trees, "version": version}))
