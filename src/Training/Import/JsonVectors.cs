using System.Text.Json;

namespace Recs.Training.Import;

/// <summary>The vectors of an item in a JSON line: by named space an array of numbers, or null to remove it.</summary>
internal static class JsonVectors
{
    /// <exception cref="FormatException">One is something else.</exception>
    public static Dictionary<string, ReadOnlyMemory<float>> Of(JsonElement vectors)
    {
        var result = new Dictionary<string, ReadOnlyMemory<float>>(StringComparer.Ordinal);
        foreach (var space in vectors.EnumerateObject())
            result.Add(space.Name, One(space));
        return result;
    }

    private static ReadOnlyMemory<float> One(JsonProperty space)
    {
        if (space.Value.ValueKind == JsonValueKind.Null)
            return default;
        if (space.Value.ValueKind != JsonValueKind.Array)
            throw new FormatException($"vectors.{space.Name} is no array of numbers; legal is one, or null to remove it.");
        var values = new float[space.Value.GetArrayLength()];
        var at = 0;
        foreach (var element in space.Value.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetSingle(out values[at]) || !float.IsFinite(values[at]))
                throw new FormatException($"vectors.{space.Name}[{at}] is no finite number in single precision.");
            at++;
        }

        return values;
    }
}
