using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Recs.Engine.Ranking;

/// <summary>The features of the one assembler, in order.</summary>
public static class FeatureSchema
{
    public static IReadOnlyList<FeatureDefinition> Features { get; } = FeatureList.All;

    public static int Width => FeatureList.All.Length;

    /// <summary>Positions of the features that are the same for every candidate of a page: those of the user and the context.</summary>
    public static IReadOnlyList<int> Shared { get; } =
        [.. Enumerable.Range(0, FeatureList.All.Length).Where(f => FeatureList.All[f].Name is var name && (name.StartsWith("user_", StringComparison.Ordinal) || name is "hour_sin" or "hour_cos" or "surface_not_home"))];

    /// <summary>SHA-256 over names, types, units and defaults in order; a model trained on another schema is refused.</summary>
    public static string Hash { get; } = ComputeHash(FeatureList.All);

    /// <summary>Position of a feature; throws <see cref="KeyNotFoundException"/> for a name the schema does not hold.</summary>
    public static int IndexOf(string name)
    {
        var index = Array.FindIndex(FeatureList.All, f => f.Name == name);
        return index >= 0 ? index : throw new KeyNotFoundException($"no feature is called '{name}'.");
    }

    internal static string ComputeHash(IEnumerable<FeatureDefinition> features)
    {
        var text = new StringBuilder();
        foreach (var feature in features)
            text.Append(CultureInfo.InvariantCulture, $"{feature.Name}|float32|{feature.Unit}|{feature.Default:R}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}

/// <param name="Name">Stable, lower-case with underscores.</param>
/// <param name="Unit">Unit or scale, in words.</param>
/// <param name="Default">Value when unknown.</param>
/// <param name="Doc">One line.</param>
public sealed record FeatureDefinition(string Name, string Unit, float Default, string Doc);
