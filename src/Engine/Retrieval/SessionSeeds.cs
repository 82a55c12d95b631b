namespace Recs.Engine.Retrieval;

/// <summary>
/// The items of a session that neighbours are looked up from: the newest of its positive history, weighted by type
/// (log2 of 1 + strength: a click 1, a like 2.3, a purchase 2.6) and by place (each step back counts 0.85 times), the
/// weights summing to 1. The one definition for the neighbour source and for the neighbour features.
/// </summary>
internal static class SessionSeeds
{
    public const int Cap = 20;

    private const float StepBack = 0.85f;

    /// <summary>The page's seed alone with weight 1 where it has one, else those of the session; returns how many.</summary>
    public static int Fill(RetrievalContext context, Span<int> seeds, Span<float> weights)
    {
        if (context.SeedItem < 0)
            return Fill(context.Session, seeds, weights);
        (seeds[0], weights[0]) = (context.SeedItem, 1);
        return 1;
    }

    /// <summary>Fills both spans (of length <see cref="Cap"/>), newest first; returns how many.</summary>
    public static int Fill(UserSession session, Span<int> items, Span<float> weights)
    {
        var history = session.History;
        var count = Math.Min(Cap, history.Length);
        var (place, sum) = (1f, 0f);
        for (var i = 0; i < count; i++)
        {
            var entry = history[history.Length - 1 - i];
            items[i] = entry.Item;
            sum += weights[i] = place * MathF.Log2(1 + MathF.Max(entry.Strength, 0));
            place *= StepBack;
        }
        if (sum <= 0)
            return 0;
        for (var i = 0; i < count; i++)
            weights[i] /= sum;
        return count;
    }
}
