"""FAISS as Debian ships it on the files of a set: FOLDER l2|ip -> JSON lines. One query a call, one thread."""
import json
import sys
import time

import faiss
import numpy as np


def read(path, kind):
    raw = np.fromfile(path, dtype=np.int32)
    return np.ascontiguousarray(raw.reshape(-1, raw[0] + 1)[:, 1:]).view(kind)


folder, metric = sys.argv[1], faiss.METRIC_L2 if sys.argv[2] == "l2" else faiss.METRIC_INNER_PRODUCT
base, queries = read(folder + "/base.fvecs", np.float32), read(folder + "/query.fvecs", np.float32)
truth = read(folder + "/truth.ivecs", np.int32)
queries, truth = queries[:1000], truth[:1000]
lists = 512 if len(base) < 200_000 else 1024
if len(base) < 10_000:
    lists = 64
dimension = base.shape[1]

factories = [
    ("HNSW32", [f"efSearch={e}" for e in (100, 200, 400, 800)], 4 * dimension + 4 * 64 + 8),
    (f"IVF{lists},Flat", [f"nprobe={p}" for p in (8, 16, 32, 64, 128, 256)], 4 * dimension + 8),
    (f"IVF{lists},PQ{dimension // 4}x4fs,RFlat",
     [f"nprobe={p},k_factor_rf={k}" for p in (12, 24, 64, 128, 256) for k in (2, 4, 8)], 4 * dimension + dimension // 8 + 8),
]
for factory, settings, size in factories:
    if factory == "HNSW32" and len(base) > 200_000:
        continue  # built at a few hundred vectors a second without AVX
    faiss.omp_set_num_threads(2)
    index = faiss.index_factory(dimension, factory, metric)
    begun = time.perf_counter()
    if factory == "HNSW32":
        index.hnsw.efConstruction = 200
    index.train(base)
    index.add(base)
    build = time.perf_counter() - begun
    faiss.omp_set_num_threads(1)
    for setting in settings:
        faiss.ParameterSpace().set_index_parameters(index, setting)
        wall, cpu = time.perf_counter(), time.process_time()
        found = np.vstack([index.search(queries[q:q + 1], 100)[1] for q in range(len(queries))])
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        hits = [len(np.intersect1d(f, t[:100])) / 100 for f, t in zip(found, truth)]
        hits10 = [len(np.intersect1d(f[:10], t[:10])) / 10 for f, t in zip(found, truth)]
        print(json.dumps({
            "peer": f"faiss {faiss.__version__} (Debian) {factory}", "params": setting, "recall": float(np.mean(hits)),
            "recall10": float(np.mean(hits10)), "qps": len(queries) / wall, "cpuQps": len(queries) / cpu, "buildSeconds": build,
            "bytesPerVector": size}), flush=True)
