using System.Globalization;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Engine.Catalog;

/// <summary>What makes the named spaces of a catalogue legal, and how a command line writes one.</summary>
public static class SpaceRules
{
    /// <summary>The item factors of the model have this name in metrics and shard keys.</summary>
    private const string Reserved = "behaviour";

    private const string Form = "NAME:DIMENSIONS or NAME:DIMENSIONS:METRIC, the metric cosine (when absent), ip or l2, such as text:384:cosine";

    /// <summary>Throws <see cref="RecommenderException"/> naming what is wrong: too many, a name twice or reserved, a dimension out of range.</summary>
    public static void Check(IReadOnlyList<VectorSpace> spaces)
    {
        ArgumentNullException.ThrowIfNull(spaces);
        if (spaces.Count > Limits.MaxSpaces)
            throw RecommenderException.Invalid("spaces", $"{spaces.Count} spaces", $"at most {Limits.MaxSpaces}");
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < spaces.Count; i++)
        {
            if (spaces[i].Name == Reserved)
                throw RecommenderException.Invalid("spaces", Reserved, "a name other than that of the model's own vectors", i);
            if (!names.Add(spaces[i].Name))
                throw RecommenderException.Invalid("spaces", spaces[i].Name, "each name once", i);
            if (spaces[i].Dimension is < Limits.MinDimensions or > Limits.MaxDimensions)
                throw RecommenderException.Invalid("dimensions", spaces[i].Dimension, $"{Limits.MinDimensions} to {Limits.MaxDimensions} in space '{spaces[i].Name}'", i);
        }
    }

    /// <summary>"text:384:cosine" as a space.</summary>
    /// <param name="text">Name, dimensions and, perhaps, the metric.</param>
    /// <param name="field">What a refusal names.</param>
    public static VectorSpace Parse(string text, string field)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split(':');
        if (parts.Length is < 2 or > 3 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var dimensions)
            || !TryMetric(parts.Length == 3 ? parts[2] : "cosine", out var metric))
            throw RecommenderException.Invalid(field, text, Form);
        if (dimensions is < Limits.MinDimensions or > Limits.MaxDimensions)
            throw RecommenderException.Invalid(field, text, $"{Limits.MinDimensions} to {Limits.MaxDimensions} dimensions");
        return new VectorSpace(parts[0], dimensions, metric);
    }

    /// <summary>The space as <see cref="Parse"/> reads it.</summary>
    public static string TextOf(VectorSpace space)
    {
        ArgumentNullException.ThrowIfNull(space);
        return string.Create(CultureInfo.InvariantCulture, $"{space.Name}:{space.Dimension}:{NameOf(space.Metric)}");
    }

    /// <summary>As people write it: cosine, ip or l2.</summary>
    public static string NameOf(SpaceMetric metric) => metric switch
    {
        SpaceMetric.Cosine => "cosine",
        SpaceMetric.InnerProduct => "ip",
        _ => "l2",
    };

    internal static bool TryMetric(string? text, out SpaceMetric metric)
    {
        (var known, metric) = text switch
        {
            "cosine" => (true, SpaceMetric.Cosine),
            "ip" => (true, SpaceMetric.InnerProduct),
            "l2" => (true, SpaceMetric.Euclidean),
            _ => (false, default),
        };
        return known;
    }
}
