#!/usr/bin/python3
"""The factorisation of `recs train`, written with NumPy and its BLAS: the peer of the `train` suite.

Same objective, same updates and the same first item factors as Recs.Training.Factorization.ImplicitAls (Hu, Koren,
Volinsky 2008, with the regularisation of Rendle, Krichene, Zhang, Koren 2021), in float32.

How a row is solved: its neighbours' factors are gathered and scaled by sqrt(alpha r), one BLAS call (NumPy sends
Z.T @ Z to syrk) makes its matrix, and one LAPACK call solves a whole block of rows. Two ways to use the cores, the
caller takes the faster: worker processes over shared memory with one BLAS thread each, or one process with BLAS threads.

usage: als_numpy.py FOLDER --rank=64 ...; the suite writes into the folder
  users.i32, items.i32, strengths.f32   one value an entry
  first.f32                             items x rank, the first item factors
prints one JSON line: {"mode", "seconds": [per epoch], "losses": [per epoch], "peakKib", "numpy", "blas"}
"""
import argparse
import json
import os
import sys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--rank", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--alpha", type=float, required=True)
    parser.add_argument("--unobserved", type=float, required=True)
    parser.add_argument("--ridge", type=float, required=True)
    parser.add_argument("--exponent", type=float, required=True)
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--mode", choices=["processes", "blas"], required=True)
    options = parser.parse_args()
    # Read by BLAS when NumPy loads it, so it must be set before the import.
    blas_threads = str(options.threads if options.mode == "blas" else 1)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = blas_threads
    print(json.dumps(run(options)))


def run(options):
    import mmap
    import multiprocessing
    import resource
    import time

    import numpy as np

    a0, alpha, rank = options.unobserved, options.alpha, options.rank

    def load(name, kind):
        return np.fromfile(os.path.join(options.folder, name), kind)

    def shared(rows):
        # Anonymous shared memory: worker processes made by fork write into the same pages.
        return np.frombuffer(mmap.mmap(-1, rows * rank * 4), np.float32).reshape(rows, rank)

    def compressed(rows, row, column, value):
        order = np.lexsort((column, row))
        offsets = np.zeros(rows + 1, np.int64)
        np.cumsum(np.bincount(row, minlength=rows), out=offsets[1:])
        return offsets, column[order].astype(np.int64), value[order]

    user, item, strength = load("users.i32", np.int32), load("items.i32", np.int32), load("strengths.f32", np.float32)
    by_user = compressed(options.users, user, item, strength)
    by_item = compressed(options.items, item, user, strength)
    x, y = shared(options.users), shared(options.items)
    y[:] = load("first.f32", np.float32).reshape(options.items, rank)

    def ridges(offsets, others):
        return options.ridge * np.power(np.diff(offsets) + a0 * others, options.exponent)

    def solve_block(first, last, matrix, target, other, gramian):
        offsets, columns, values = matrix
        left = np.empty((last - first, rank, rank), np.float32)
        right = np.empty((last - first, rank, 1), np.float32)
        ridge = ridges(offsets[first:last + 1], other.shape[0]).astype(np.float32)
        diagonal = np.arange(rank)
        for k in range(last - first):
            start, end = offsets[first + k], offsets[first + k + 1]
            rows = other[columns[start:end]]
            extra = alpha * values[start:end]
            scaled = rows * np.sqrt(extra)[:, None]
            np.matmul(scaled.T, scaled, out=left[k])
            right[k, :, 0] = (a0 + extra) @ rows
        left += gramian
        left[:, diagonal, diagonal] += ridge[:, None]
        target[first:last] = np.linalg.solve(left, right)[:, :, 0]

    def blocks(rows, size=128):
        return [(at, min(at + size, rows)) for at in range(0, rows, size)]

    sides = {"users": (by_user, x, y), "items": (by_item, y, x)}

    def work(side, first, last, gramian):
        matrix, target, other = sides[side]
        solve_block(first, last, matrix, target, other, gramian)

    if options.mode == "processes":
        tasks, done = multiprocessing.SimpleQueue(), multiprocessing.SimpleQueue()

        def serve():
            while (task := tasks.get()) is not None:
                work(*task)
                done.put(1)

        workers = [multiprocessing.get_context("fork").Process(target=serve, daemon=True) for _ in range(options.threads)]
        for worker in workers:
            worker.start()

    def half_step(side):
        _, target, other = sides[side]
        gramian = (a0 * (other.T @ other)).astype(np.float32)
        todo = blocks(target.shape[0])
        if options.mode == "processes":
            # A pipe holds few tasks of this size, so it is kept fed, not filled.
            ahead = min(2 * options.threads, len(todo))
            for first, last in todo[:ahead]:
                tasks.put((side, first, last, gramian))
            for position in range(len(todo)):
                done.get()
                if ahead + position < len(todo):
                    tasks.put((side, *todo[ahead + position], gramian))
        else:
            for first, last in todo:
                work(side, first, last, gramian)

    def loss():
        total = 0.0
        for at in range(0, user.size, 1 << 18):
            u, i = user[at:at + (1 << 18)], item[at:at + (1 << 18)]
            score = np.einsum("ij,ij->i", x[u], y[i]).astype(np.float64)
            confidence = a0 + alpha * strength[at:at + (1 << 18)].astype(np.float64)
            total += np.sum(confidence * (1 - score) ** 2 - a0 * score ** 2)
        wide_x, wide_y = x.astype(np.float64), y.astype(np.float64)
        total += a0 * np.sum((wide_x.T @ wide_x) * (wide_y.T @ wide_y))
        total += np.sum(ridges(by_user[0], options.items)[:, None] * wide_x ** 2)
        total += np.sum(ridges(by_item[0], options.users)[:, None] * wide_y ** 2)
        return float(total / user.size)

    seconds, losses = [], []
    for _ in range(options.epochs):
        began = time.perf_counter()
        half_step("users")
        half_step("items")
        seconds.append(time.perf_counter() - began)
        losses.append(loss())

    if options.mode == "processes":
        for _ in workers:
            tasks.put(None)
        for worker in workers:
            worker.join()
    return {
        "mode": options.mode, "seconds": seconds, "losses": losses,
        "peakKib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, "numpy": np.__version__, "blas": blas_name(),
    }


def blas_name():
    """The BLAS library that this process mapped, by its file's name."""
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        names = {line.split()[-1] for line in maps if "blas" in line.lower() and "/" in line}
    files = sorted(os.path.basename(os.path.realpath(name)) for name in names)
    return next((file for file in files if "openblas" in file), ", ".join(files) or "unknown BLAS")


if __name__ == "__main__":
    sys.exit(main())
