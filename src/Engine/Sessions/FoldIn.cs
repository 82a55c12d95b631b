namespace Recs.Engine.Sessions;

/// <summary>
/// Solves a user's vector under a model: one ALS half-step for one user (Hu, Koren, Volinsky 2008, eq. 4, with the
/// regularisation of Rendle et al. 2021), in double precision by Cholesky factorisation:
/// (G + sum alpha r_i y_i y_i' + lambda (n + alpha0 m)^nu I) x = sum (1 + alpha r_i) y_i, where G is the model's Gramian over its m items
/// and n the history items that the model knows. Thread-safe.
/// </summary>
public static class FoldIn
{
    /// <summary>The vector for the session, kept with it until the session or the model changes; null when no history item has factors.</summary>
    public static float[]? VectorFor(UserSession session, RecommenderModel model) => throw new NotImplementedException();

    /// <summary>The solve itself; false when no history item has factors. <paramref name="vector"/> has the factors' rank.</summary>
    public static bool Solve(ItemFactors factors, ReadOnlySpan<HistoryEntry> history, Span<double> vector) =>
        throw new NotImplementedException();
}
