using System.Text.Json;
using System.Text.Json.Serialization;
using Recs.Engine.Retrieval.Vectors;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>The named spaces of a data folder: "spaces.json". A space stays once it is declared, as the vectors in the log do.</summary>
public static class SpaceFile
{
    /// <summary>The spaces of a folder; none without the file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static IReadOnlyList<VectorSpace> Read(string root)
    {
        var path = DataFolder.Spaces(root);
        if (!File.Exists(path))
            return [];
        try
        {
            var file = JsonSerializer.Deserialize(File.ReadAllBytes(path), SpaceJsonContext.Default.SpaceFileContent);
            VectorSpace[] spaces = [.. file!.Spaces.Select(space => new VectorSpace(
                space.Name, space.Dimensions,
                SpaceRules.TryMetric(space.Metric, out var metric) ? metric : throw RecommenderException.Invalid("metric", space.Metric, "cosine, ip or l2")))];
            SpaceRules.Check(spaces);
            return spaces;
        }
        catch (Exception e) when (e is JsonException or NullReferenceException or ArgumentNullException or RecommenderException)
        {
            throw new InvalidDataException($"'{path}' is damaged: {e.Message}", e);
        }
    }

    /// <summary>
    /// Adds spaces to those of a folder that its caller holds, durably, and returns all. A space that is there already must
    /// be as it was. Versions that know of no spaces refuse the folder once it has one.
    /// </summary>
    /// <exception cref="RecommenderException">Invalid: a space is illegal, or too many with those there are. Conflict: it has another dimension or metric.</exception>
    public static IReadOnlyList<VectorSpace> Declare(string root, IReadOnlyList<VectorSpace> spaces)
    {
        SpaceRules.Check(spaces);
        var all = Read(root).ToList();
        var before = all.Count;
        foreach (var space in spaces)
        {
            if (all.Find(s => s.Name == space.Name) is not { } there)
                all.Add(space);
            else if (there != space)
            {
                throw new RecommenderException(
                    RefusalKind.Conflict, $"Space '{space.Name}' of '{root}' is {SpaceRules.TextOf(there)}; it cannot become {SpaceRules.TextOf(space)}. Declare one of another name and write the vectors there; or, if it was mistyped and no vector was ever written to it, stop everything that uses the folder and take it out of '{DataFolder.Spaces(root)}'.")
                {
                    Field = "spaces",
                    Value = SpaceRules.TextOf(space),
                    Legal = SpaceRules.TextOf(there),
                };
            }
        }

        SpaceRules.Check(all);
        // First: with spaces and without the mark, a version that knows of none would drop what is written to them.
        if (all.Count > 0)
            DataFolder.MarkSpaces(root);
        if (all.Count > before)
        {
            var content = new SpaceFileContent([.. all.Select(space => new SpaceLine(space.Name, space.Dimension, SpaceRules.NameOf(space.Metric)))]);
            DiskFiles.Instance.Replace(DataFolder.Spaces(root), JsonSerializer.SerializeToUtf8Bytes(content, SpaceJsonContext.Default.SpaceFileContent));
        }

        return all;
    }
}

internal sealed record SpaceFileContent(IReadOnlyList<SpaceLine> Spaces);

internal sealed record SpaceLine(string Name, int Dimensions, string Metric);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(SpaceFileContent))]
internal sealed partial class SpaceJsonContext : JsonSerializerContext;
