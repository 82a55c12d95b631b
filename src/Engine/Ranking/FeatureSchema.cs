namespace Recs.Engine.Ranking;

/// <summary>The features of the one assembler, in order.</summary>
public static class FeatureSchema
{
    public static IReadOnlyList<FeatureDefinition> Features => throw new NotImplementedException();

    public static int Width => Features.Count;

    /// <summary>SHA-256 over names, types, units and defaults in order; a model trained on another schema is refused.</summary>
    public static string Hash => throw new NotImplementedException();
}

/// <param name="Name">Stable, lower-case with underscores.</param>
/// <param name="Unit">Unit or scale, in words.</param>
/// <param name="Default">Value when unknown.</param>
/// <param name="Doc">One line.</param>
public sealed record FeatureDefinition(string Name, string Unit, float Default, string Doc);
