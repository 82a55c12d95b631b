using System.Collections;

namespace Recs.Cluster.Tests.Serialization;

/// <summary>Compares two records property by property, lists and maps by their contents; says where they differ.</summary>
internal static class SameValue
{
    public static void Check(object? expected, object? actual, string path)
    {
        if (expected is null || actual is null)
        {
            Assert.True(expected is null && actual is null, $"{path}: {expected ?? "null"} became {actual ?? "null"}");
            return;
        }

        switch (expected)
        {
            case DateTimeOffset time:
                Assert.True(time.EqualsExact((DateTimeOffset)actual), $"{path}: {time:O} became {actual:O}");
                break;
            case ReadOnlyMemory<float> vector:
                CheckList(vector.ToArray(), ((ReadOnlyMemory<float>)actual).ToArray(), path);
                break;
            case string or ValueType or ItemFilter:
                Assert.True(expected.Equals(actual), $"{path}: {expected} became {actual}");
                break;
            case IEnumerable list when IsMap(expected):
                CheckMap(list, (IEnumerable)actual, path);
                break;
            case IEnumerable list:
                CheckList(list, (IEnumerable)actual, path);
                break;
            default:
                Assert.Equal(expected.GetType(), actual.GetType());
                foreach (var property in expected.GetType().GetProperties())
                    Check(property.GetValue(expected), property.GetValue(actual), $"{path}.{property.Name}");
                break;
        }
    }

    private static void CheckList(IEnumerable expected, IEnumerable actual, string path)
    {
        object?[] left = [.. expected.Cast<object?>()];
        object?[] right = [.. actual.Cast<object?>()];
        Assert.True(left.Length == right.Length, $"{path}: {left.Length} elements became {right.Length}");
        for (var i = 0; i < left.Length; i++)
            Check(left[i], right[i], $"{path}[{i}]");
    }

    private static void CheckMap(IEnumerable expected, IEnumerable actual, string path)
    {
        var left = Entries(expected);
        var right = Entries(actual);
        Assert.True(left.Count == right.Count, $"{path}: {left.Count} entries became {right.Count}");
        foreach (var (key, value) in left)
            Check(value, right[key], $"{path}[{key}]");
    }

    private static bool IsMap(object value) =>
        value.GetType().GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>));

    private static Dictionary<object, object?> Entries(IEnumerable map)
    {
        var entries = new Dictionary<object, object?>();
        foreach (var entry in map)
        {
            var type = entry.GetType();
            entries.Add(type.GetProperty("Key")!.GetValue(entry)!, type.GetProperty("Value")!.GetValue(entry));
        }

        return entries;
    }
}
