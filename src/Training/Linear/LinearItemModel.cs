using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Recs.Training.Evaluation;
using Recs.Training.LinearAlgebra;
using Recs.Training.OfflineModels;

namespace Recs.Training.Linear;

/// <summary>
/// Item-to-item weights in closed form: B minimises |T - X B|^2 + lambda |B|^2 over pasts X and futures T, that is
/// <c>B = (X'X + lambda I)^-1 X'T</c>, each item's weight for itself held at or below
/// <see cref="LinearItemOptions.MaxDiagonal"/> by its multiplier. Peak memory: 4 bytes per pair of items solved, the
/// non-zero entries of X'T, and what is kept. The same on any number of threads.
/// </summary>
public static class LinearItemModel
{
    // Rows made at a time: one vector register of floats.
    private const int Lanes = 16;

    /// <returns>Weights by item, strongest first; negative ones are among them when they are strong.</returns>
    public static ItemNeighbours Fit(Sequences runs, LinearItemOptions options, FitContext context)
    {
        var weights = RunWeights(runs.Count, options.RunDecay);
        var places = new PairCounts.Index(runs, weights);
        var solved = Solved(places, options.MaxItems);
        var rowOf = new int[runs.ItemCount];
        Array.Fill(rowOf, -1);
        for (var row = 0; row < solved.Length; row++)
            rowOf[solved[row]] = row;
        var kernel = new PairKernel(options.PastDecay, options.FutureDecay, options.Window);

        context.Progress?.Invoke($"counting pairs of {solved.Length} items");
        var stride = SymmetricInverse.StrideOf(Math.Max(1, solved.Length));
        var matrix = new float[(long)stride * stride];
        var next = new (int[] Columns, float[] Values)[solved.Length];
        Parallel.For(0, solved.Length, context.Parallel, () => new PairCounts(places, kernel, options.Together), (row, _, counts) =>
        {
            counts.PastRow(solved[row]);
            foreach (var other in counts.Touched)
            {
                if (rowOf[other] >= 0 && rowOf[other] <= row)
                    matrix[row * stride + rowOf[other]] = counts[other];
            }

            matrix[row * stride + row] += (float)options.Lambda;
            counts.NextRow(solved[row]);
            next[row] = RowOf(counts, rowOf);
            return counts;
        }, static _ => { });

        context.Progress?.Invoke("inverting");
        if (solved.Length > 0)
            SymmetricInverse.Invert(matrix, solved.Length, context.Threads, cancellationToken: context.CancellationToken);
        context.Progress?.Invoke("multiplying");
        return Multiply(matrix, stride, next, solved, options, runs.ItemCount, context);
    }

    private static float[] RunWeights(int runs, double decay)
    {
        var weights = new float[runs];
        for (var r = 0; r < runs; r++)
            weights[r] = (float)Math.Exp(-(double)(runs - 1 - r) / runs / decay);
        return weights;
    }

    private static int[] Solved(PairCounts.Index places, int most)
    {
        var items = Enumerable.Range(0, places.Runs.ItemCount).Where(i => places.Of(i).Length > 0).ToArray();
        if (items.Length <= most)
            return items;
        return [.. items.OrderByDescending(i => places.Of(i).Length).ThenBy(static i => i).Take(most).Order()];
    }

    private static (int[], float[]) RowOf(PairCounts counts, int[] rowOf)
    {
        var columns = counts.Touched.Where(other => rowOf[other] >= 0).Select(other => rowOf[other]).Order().ToArray();
        var values = new float[columns.Length];
        foreach (var other in counts.Touched)
        {
            if (rowOf[other] >= 0)
                values[Array.BinarySearch(columns, rowOf[other])] = counts[other];
        }

        return (columns, values);
    }

    private static ItemNeighbours Multiply(
        float[] inverse, int stride, (int[] Columns, float[] Values)[] next, int[] solved, LinearItemOptions options, int itemCount,
        FitContext context)
    {
        var size = solved.Length;
        // The multiplier of each column must be known before any row is finished: B_jj = sum_k P_jk Q_kj.
        var excess = new float[size];
        for (var k = 0; k < size; k++)
        {
            var (columns, values) = next[k];
            for (var c = 0; c < columns.Length; c++)
                excess[columns[c]] += inverse[columns[c] * stride + k] * values[c];
        }

        for (var j = 0; j < size; j++)
            excess[j] = Math.Max(0, excess[j] - (float)options.MaxDiagonal) / inverse[j * stride + j];

        var rows = new (int[] Items, float[] Scores)[itemCount];
        Array.Fill(rows, ([], []));
        Parallel.For(0, (size + Lanes - 1) / Lanes, context.Parallel, () => new float[size * Lanes], (block, _, product) =>
        {
            Array.Clear(product);
            ProductRows(inverse, stride, next, block * Lanes, product);
            for (var lane = 0; lane < Math.Min(Lanes, size - block * Lanes); lane++)
            {
                var row = block * Lanes + lane;
                for (var j = 0; j < size; j++)
                    product[j * Lanes + lane] -= inverse[row * stride + j] * excess[j];
                rows[solved[row]] = Strongest(product, lane, size, row, solved, options);
            }

            return product;
        }, static _ => { });
        return Compress(rows);
    }

    /// <summary>16 rows of P Q, a column's 16 values together.</summary>
    private static void ProductRows(float[] inverse, int stride, (int[] Columns, float[] Values)[] next, int row, float[] product)
    {
        ref var into = ref MemoryMarshal.GetArrayDataReference(product);
        for (var k = 0; k < next.Length; k++)
        {
            // The inverse is symmetric, so 16 entries of its column k lie side by side.
            var p = Vector512.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(inverse), (nuint)(k * stride + row));
            var (columns, values) = next[k];
            for (var c = 0; c < columns.Length; c++)
            {
                var at = (nuint)columns[c] * Lanes;
                Vector512.FusedMultiplyAdd(p, Vector512.Create(values[c]), Vector512.LoadUnsafe(ref into, at)).StoreUnsafe(ref into, at);
            }
        }
    }

    private static (int[], float[]) Strongest(float[] product, int lane, int size, int row, int[] solved, LinearItemOptions options)
    {
        var keys = new float[size];
        var found = new int[size];
        var count = 0;
        for (var j = 0; j < size; j++)
        {
            var weight = product[j * Lanes + lane];
            if (weight == 0 || j == row && options.MaxDiagonal <= 0)
                continue;
            (keys[count], found[count]) = (-Math.Abs(weight), j);
            count++;
        }

        Array.Sort(keys, found, 0, count);
        var kept = found[..Math.Min(count, options.Kept)];
        var scores = Array.ConvertAll(kept, j => product[j * Lanes + lane]);
        return (Array.ConvertAll(kept, j => solved[j]), scores);
    }

    private static ItemNeighbours Compress((int[] Items, float[] Scores)[] rows)
    {
        var offsets = new int[rows.Length + 1];
        for (var i = 0; i < rows.Length; i++)
            offsets[i + 1] = checked(offsets[i] + rows[i].Items.Length);
        var weights = new ItemNeighbours { Offsets = offsets, Items = new int[offsets[^1]], Scores = new float[offsets[^1]] };
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i].Items.CopyTo(weights.Items, offsets[i]);
            rows[i].Scores.CopyTo(weights.Scores, offsets[i]);
        }

        return weights;
    }
}
