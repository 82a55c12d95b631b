namespace Recs.Engine.Ranking;

/// <summary>Whether a ranker was trained on the features that this build makes, and if not, what differs.</summary>
internal static class SchemaCheck
{
    /// <exception cref="InvalidDataException">It was not; the message names the difference.</exception>
    public static void Require(string hash, IReadOnlyList<string> names)
    {
        if (hash != FeatureSchema.Hash)
            throw new InvalidDataException($"ranker: trained on another feature schema: {Difference(names)}");
        if (!names.SequenceEqual(FeatureSchema.Features.Select(f => f.Name), StringComparer.Ordinal))
            throw new InvalidDataException($"ranker: the names do not match its schema hash: {Difference(names)}");
    }

    private static string Difference(IReadOnlyList<string> names)
    {
        var known = FeatureSchema.Features.Select(f => f.Name).ToArray();
        var missing = known.Except(names, StringComparer.Ordinal).ToArray();
        var unknown = names.Except(known, StringComparer.Ordinal).ToArray();
        var parts = new List<string>();
        if (missing.Length > 0)
            parts.Add($"it lacks {string.Join(", ", missing)}");
        if (unknown.Length > 0)
            parts.Add($"it has {string.Join(", ", unknown)}, which the schema has not");
        if (parts.Count == 0)
        {
            var at = Enumerable.Range(0, Math.Min(known.Length, names.Count)).FirstOrDefault(i => known[i] != names[i], -1);
            parts.Add(at >= 0
                ? $"feature {at} is {names[at]}, in the schema {known[at]}"
                : "the names agree, units or defaults differ");
        }

        return string.Join("; ", parts) + ". Train again.";
    }
}
