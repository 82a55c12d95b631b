using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace Recs.Api;

/// <summary>Checks <see cref="RecommenderApiOptions"/>; the first bad setting is named with its legal range.</summary>
internal static class RecommenderApiOptionsValidator
{
    public static void Validate(RecommenderApiOptions options)
    {
        foreach (var property in typeof(RecommenderApiOptions).GetProperties())
        {
            if (property.GetCustomAttribute<RangeAttribute>() is { } range
                && property.GetValue(options) is { } value && !range.IsValid(value))
                throw Bad(property.Name, value, $"{range.Minimum} to {range.Maximum}");
        }
        if (options.WriteTimeout < TimeSpan.FromMilliseconds(100) || options.WriteTimeout > TimeSpan.FromMinutes(10))
            throw Bad(nameof(options.WriteTimeout), options.WriteTimeout, "100 ms to 10 min");
        if (options.RetryAfter < TimeSpan.FromSeconds(1) || options.RetryAfter > TimeSpan.FromHours(1))
            throw Bad(nameof(options.RetryAfter), options.RetryAfter, "1 s to 1 h");
        if (options.Prefix.Length > 0 && (options.Prefix[0] != '/' || options.Prefix[^1] == '/'
            || options.Prefix.AsSpan().ContainsAny("{}?#*% ")))
            throw Bad(nameof(options.Prefix), options.Prefix, "empty, or a path such as \"/recs\" that starts and does not end with '/'");
        if (options.AllowAnonymous && options.HasKeys)
            throw Bad(nameof(options.AllowAnonymous), true, "false beside keys: with both, the keys would protect nothing");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        CheckKeys(options.ReadKeys, nameof(options.ReadKeys), seen);
        CheckKeys(options.WriteKeys, nameof(options.WriteKeys), seen);
        CheckKeys(options.AdminKeys, nameof(options.AdminKeys), seen);
    }

    private static void CheckKeys(IReadOnlyList<string> keys, string name, HashSet<string> seen)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            var key = keys[i];
            // The key itself stays out of the message: messages end up in logs.
            if (key.Length is < RecommenderApiOptions.MinKeyLength or > RecommenderApiOptions.MaxKeyLength)
                throw Bad(name, $"a key of {key.Length} characters",
                    $"{RecommenderApiOptions.MinKeyLength} to {RecommenderApiOptions.MaxKeyLength} characters", i);
            if (key.AsSpan().ContainsAnyExceptInRange('!', '~'))
                throw Bad(name, "a key with a blank or a character outside ASCII", "printable ASCII without blanks", i);
            if (!seen.Add(key))
                throw Bad(name, "a key that is given twice", "keys that differ, each with one role", i);
        }
    }

    private static RecommenderException Bad(string field, object value, string legal, int? index = null) =>
        RecommenderException.Invalid(field, value, legal, index);
}
