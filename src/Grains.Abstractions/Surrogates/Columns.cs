namespace Recs.Grains.Surrogates;

/// <summary>
/// Lists and maps as arrays. A record may hold any list type, compiler-made ones included; on the wire there are arrays only.
/// An absent array, from a version that did not write the field, is an empty one.
/// </summary>
internal static class Columns
{
    /// <summary>The list itself when it is an array.</summary>
    public static T[] Of<T>(IReadOnlyList<T>? list) => list switch
    {
        null => [],
        T[] array => array,
        _ => [.. list],
    };

    /// <summary>The list itself when it is an array; null stays null.</summary>
    public static T[]? OrNull<T>(IReadOnlyList<T>? list) => list is null ? null : Of(list);

    public static (TKey[] Keys, TValue[] Values) Of<TKey, TValue>(IReadOnlyDictionary<TKey, TValue> map)
    {
        if (map.Count == 0)
            return ([], []);
        var keys = new TKey[map.Count];
        var values = new TValue[map.Count];
        var i = 0;
        foreach (var (key, value) in map)
            (keys[i], values[i++]) = (key, value);
        return (keys, values);
    }

    /// <summary>Throws <see cref="InvalidDataException"/> when there are not as many values as keys.</summary>
    public static Dictionary<string, TValue> ToMap<TValue>(string[]? keys, TValue[]? values)
    {
        keys ??= [];
        values ??= [];
        CheckPairs(keys.Length, values.Length);
        var map = new Dictionary<string, TValue>(keys.Length, StringComparer.Ordinal);
        for (var i = 0; i < keys.Length; i++)
            map[keys[i]] = values[i];
        return map;
    }

    public static void CheckPairs(int keys, int values)
    {
        if (keys != values)
            throw new InvalidDataException($"A map arrived with {keys} keys and {values} values.");
    }

    public static ItemFilter? ToFilter(string? text) => text is null ? null : ItemFilter.Parse(text);
}
