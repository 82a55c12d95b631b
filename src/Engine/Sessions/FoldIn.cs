using System.Buffers;
using System.Numerics.Tensors;

namespace Recs.Engine.Sessions;

/// <summary>
/// Solves a user's vector under a model: one ALS half-step for one user, in double precision by Cholesky
/// factorisation. With a0 = UnobservedWeight, G the model's Gramian over its m rows, and n the history items that the
/// model knows, x is the solution of
/// <code>(a0 G + sum_i alpha r_i y_i y_i' + lambda (n + a0 m)^nu I) x = sum_i (a0 + alpha r_i) y_i</code>
/// with the sums over those n items: the minimum over x of sum_i c_i (p_i - x'y_i)^2 + ridge |x|^2 over all m items,
/// where p is 1 and c = a0 + alpha r for the history, and p is 0 and c = a0 for the rest. Hu, Koren, Volinsky 2008,
/// eq. 4, is a0 = 1; the ridge is Rendle, Krichene, Zhang, Koren 2021 ("Revisiting the Performance of iALS"), and is
/// <see cref="ItemFactors.Ridge"/>. r_i is <see cref="HistoryEntry.Strength"/>. Thread-safe.
/// </summary>
public static class FoldIn
{
    /// <summary>
    /// The vector for the session, kept with it until the session or the model changes; null when no history item has
    /// factors. The array is shared: do not write to it.
    /// </summary>
    public static float[]? VectorFor(UserSession session, RecommenderModel model)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(model);
        var folded = Volatile.Read(ref session.Folded);
        if (folded is null || folded.ModelVersion != model.Version)
        {
            folded = new FoldedVector(model.Version, Single(model.Factors, session.History));
            // Two pages may solve the same at once; either result will do.
            Volatile.Write(ref session.Folded, folded);
        }

        return folded.Values.Length > 0 ? folded.Values : null;
    }

    /// <summary>The same, solved anew and not kept: for a model that does not serve the session.</summary>
    internal static float[]? Fold(UserSession session, RecommenderModel model) =>
        Single(model.Factors, session.History) is { Length: > 0 } vector ? vector : null;

    /// <summary>The solve itself; false when no history item has factors. <paramref name="vector"/> has the factors' rank.</summary>
    /// <exception cref="ArgumentException">
    /// The vector has another length, a parameter of the model is outside its range, or its matrix is not positive definite.
    /// </exception>
    public static bool Solve(ItemFactors factors, ReadOnlySpan<HistoryEntry> history, Span<double> vector) =>
        Solve(factors, history, vector, NormalEquations.Vectors);

    internal static bool Solve(
        ItemFactors factors, ReadOnlySpan<HistoryEntry> history, Span<double> vector, NormalEquations.Kernels kernels)
    {
        ArgumentNullException.ThrowIfNull(factors);
        Check(factors, vector.Length);
        var known = 0;
        foreach (var entry in history)
            known += factors.RowOf(entry.Item) >= 0 ? 1 : 0;
        if (known == 0)
        {
            vector.Clear();
            return false;
        }

        var rank = factors.Rank;
        var stride = NormalEquations.Stride(rank);
        // One block: the matrix, the history's rows, their weights, the right side.
        var buffer = ArrayPool<double>.Shared.Rent((rank + known + 1) * stride + known);
        try
        {
            var matrix = buffer.AsSpan(0, rank * stride);
            var rows = buffer.AsSpan(matrix.Length, known * stride);
            var right = buffer.AsSpan(matrix.Length + rows.Length, stride);
            var weights = buffer.AsSpan(matrix.Length + rows.Length + stride, known);
            Gather(factors, history, rows, right, weights, stride);
            NormalEquations.Start(factors.Gramian, rank, factors.UnobservedWeight, factors.Ridge(known), matrix, stride);
            kernels.AddOuterProducts(matrix, rows, weights, rank, stride);
            if (!kernels.Factor(matrix, rank, stride))
                throw new ArgumentException("The model's matrix is not positive definite: its Gramian or factors are damaged.", nameof(factors));
            NormalEquations.Substitute(matrix, rank, stride, right[..rank]);
            right[..rank].CopyTo(vector);
            return true;
        }
        finally
        {
            ArrayPool<double>.Shared.Return(buffer);
        }
    }

    private static float[] Single(ItemFactors factors, ReadOnlySpan<HistoryEntry> history)
    {
        Span<double> vector = factors.Rank <= 512 ? stackalloc double[factors.Rank] : new double[factors.Rank];
        if (!Solve(factors, history, vector))
            return [];
        var single = new float[factors.Rank];
        for (var i = 0; i < single.Length; i++)
            single[i] = (float)vector[i];
        return single;
    }

    /// <summary>Widens the known rows, and sums the right side.</summary>
    private static void Gather(
        ItemFactors factors,
        ReadOnlySpan<HistoryEntry> history,
        Span<double> rows,
        Span<double> right,
        Span<double> weights,
        int stride)
    {
        right.Clear();
        var at = 0;
        foreach (var entry in history)
        {
            var row = factors.RowOf(entry.Item);
            if (row < 0)
                continue;
            if (!(entry.Strength > 0) || !float.IsFinite(entry.Strength))
                throw new ArgumentException($"A history strength was {entry.Strength}; legal is a finite number above 0.", nameof(history));
            var wide = rows.Slice(at * stride, stride);
            var values = factors.Row(row);
            var weight = factors.Alpha * entry.Strength;
            var pull = factors.UnobservedWeight + weight;
            TensorPrimitives.ConvertTruncating(values, wide);
            wide[values.Length..].Clear();
            TensorPrimitives.MultiplyAdd(wide, pull, right, right);
            weights[at++] = weight;
        }
    }

    private static void Check(ItemFactors factors, int length)
    {
        if (length != factors.Rank || factors.Rank < 1)
            throw new ArgumentException($"The vector has {length} places; the factors' rank is {factors.Rank}.");
        if (factors.Gramian.Length != factors.Rank * factors.Rank)
            throw new ArgumentException($"The Gramian has {factors.Gramian.Length} entries; legal is rank x rank, {factors.Rank * factors.Rank}.");
        CheckPositive(nameof(factors.Lambda), factors.Lambda);
        CheckPositive(nameof(factors.UnobservedWeight), factors.UnobservedWeight);
        CheckPositive(nameof(factors.Alpha), factors.Alpha);
    }

    private static void CheckPositive(string name, double value)
    {
        if (!(value > 0) || !double.IsFinite(value))
            throw new ArgumentException($"{name} was {value}; legal is a finite number above 0.");
    }
}
