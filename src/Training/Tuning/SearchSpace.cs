using Recs.Training.OfflineModels;

namespace Recs.Training.Tuning;

/// <summary>Where a search looks for settings of one kind of model.</summary>
/// <param name="Ranges">By setting.</param>
public sealed record SearchSpace(IReadOnlyDictionary<string, SearchRange> Ranges)
{
    /// <summary>The ranges that are searched when no others are given.</summary>
    public static SearchSpace Of(string kind) => new(kind switch
    {
        "popularity" => In(("decay", 0.01, 10, true)),
        "als" => In(("rank", 32, 192, true), ("epochs", 8, 20, false), ("unobserved", 0.02, 2, true), ("lambda", 0.002, 0.3, true), ("exponent", 0.4, 1, false), ("recency", 10, 1000, true)),
        "ease" => In(("lambda", 50, 2_000, true), ("recency", 20, 2_000, true)),
        "linear" => In(("together", 0.01, 0.9, true), ("lambda", 1, 1_000, true), ("past", 0.5, 30, true), ("future", 0.3, 10, true), ("diagonal", 0, 1, false), ("recency", 0.5, 50, true), ("runDecay", 0.05, 2, true)),
        "covisit" => In(("decay", 0.5, 10, true), ("source", 0.3, 1, false), ("target", 0, 0.8, false), ("shrinkage", 0.5, 50, true), ("recency", 0.5, 20, true), ("runDecay", 0.05, 2, true), ("backward", 0, 1, false)),
        "attention" => In(("rate", 3e-4, 3e-3, true), ("dropout", 0.1, 0.5, false), ("epochs", 10, 40, false)),
        "sessions" => In(("m", 100, 5_000, true), ("k", 30, 2_000, true), ("last", 1, 15, true), ("query", 0.4, 10, true), ("distance", 0.4, 20, true), ("backward", 0, 1, false), ("age", 0.03, 3, true), ("length", 0, 0.8, false), ("rarity", 0, 1.5, false), ("repeat", 0, 1, false)),
        _ => throw RecommenderException.Invalid("kind", kind, string.Join(", ", ModelSpec.Kinds)),
    });

    /// <summary>Every range's setting drawn anew, the others as in the base.</summary>
    public ModelSpec Draw(ModelSpec origin, Random random)
    {
        foreach (var (setting, range) in Ranges.OrderBy(static r => r.Key, StringComparer.Ordinal))
            origin = origin.With(setting, range.Draw(random));
        return origin;
    }

    /// <summary>The ranges narrowed around settings that did well, to both sides by a share of their width.</summary>
    public SearchSpace Around(ModelSpec best, double share = 0.2) => new(Ranges.ToDictionary(
        static r => r.Key, r => best.Settings.TryGetValue(r.Key, out var value) ? r.Value.Around(value, share) : r.Value));

    private static Dictionary<string, SearchRange> In(params (string Setting, double Low, double High, bool Log)[] ranges) =>
        ranges.ToDictionary(static r => r.Setting, static r => new SearchRange(r.Low, r.High, r.Log));
}

/// <param name="Low">Least value.</param>
/// <param name="High">Largest value.</param>
/// <param name="Log">Drawn evenly in the logarithm.</param>
public sealed record SearchRange(double Low, double High, bool Log)
{
    public double Draw(Random random)
    {
        var u = random.NextDouble();
        var value = Log ? Low * Math.Pow(High / Low, u) : Low + (High - Low) * u;
        // Three digits are enough, and what is printed is what was tried.
        var scale = value == 0 ? 1 : Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(value))) - 2);
        return Math.Clamp(Math.Round(value / scale) * scale, Low, High);
    }

    public SearchRange Around(double value, double share) => Log
        ? this with { Low = Math.Max(Low, value * Math.Pow(Low / High, share)), High = Math.Min(High, value * Math.Pow(High / Low, share)) }
        : this with { Low = Math.Max(Low, value - (High - Low) * share), High = Math.Min(High, value + (High - Low) * share) };
}
