using System.Numerics.Tensors;

namespace Recs.Engine.Models;

/// <summary>Y'Y of a factor matrix in double precision. The same rows give the same bits on any number of threads.</summary>
public static class Gramian
{
    // Partial sums of a fixed number of rows, added in order: the split may not depend on the machine.
    private const int ChunkRows = 8_192;

    /// <param name="values">Rows x <paramref name="rank"/>, row-major.</param>
    /// <param name="rows">0 or more.</param>
    /// <param name="rank">1 or more.</param>
    /// <returns>rank x rank, row-major, symmetric.</returns>
    public static double[] Of(float[] values, int rows, int rank)
    {
        var sum = new double[rank * rank];
        var chunks = (rows + ChunkRows - 1) / ChunkRows;
        // A few chunks at a time, so that the partial sums of a large matrix do not pile up.
        const int Batch = 32;
        for (var start = 0; start < chunks; start += Batch)
        {
            var count = Math.Min(Batch, chunks - start);
            var partial = new double[count][];
            var first = start;
            Parallel.For(0, count, c =>
            {
                var fromRow = (first + c) * ChunkRows;
                partial[c] = OfChunk(values, fromRow, Math.Min(rows, fromRow + ChunkRows), rank);
            });
            foreach (var p in partial)
                TensorPrimitives.Add(sum, p, sum);
        }

        for (var i = 0; i < rank; i++)
        {
            for (var j = i + 1; j < rank; j++)
                sum[j * rank + i] = sum[i * rank + j];
        }

        return sum;
    }

    private static double[] OfChunk(float[] values, int fromRow, int toRow, int rank)
    {
        var sum = new double[rank * rank];
        var row = new double[rank];
        for (var r = fromRow; r < toRow; r++)
        {
            TensorPrimitives.ConvertTruncating<float, double>(values.AsSpan(r * rank, rank), row);
            for (var i = 0; i < rank; i++)
            {
                var into = sum.AsSpan(i * rank + i, rank - i);
                TensorPrimitives.MultiplyAdd(row.AsSpan(i), row[i], into, into);
            }
        }

        return sum;
    }
}
