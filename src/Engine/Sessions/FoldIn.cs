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
    /// <summary>The vector for the session, kept with it until the session or the model changes; null when no history item has factors.</summary>
    public static float[]? VectorFor(UserSession session, RecommenderModel model) => throw new NotImplementedException();

    /// <summary>The solve itself; false when no history item has factors. <paramref name="vector"/> has the factors' rank.</summary>
    public static bool Solve(ItemFactors factors, ReadOnlySpan<HistoryEntry> history, Span<double> vector) =>
        throw new NotImplementedException();
}
