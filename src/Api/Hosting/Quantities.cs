using System.Globalization;

namespace Recs.Api.Hosting;

/// <summary>Sizes and ages as people write them.</summary>
internal static class Quantities
{
    private static readonly (string Unit, long Bytes)[] Sizes =
        [("TB", 1L << 40), ("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("B", 1)];

    private static readonly (string Unit, TimeSpan Span)[] Ages =
        [("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1))];

    /// <summary>"10GB", "512 MB", in powers of 1024; at least 1 MB.</summary>
    public static long Bytes(string name, string text)
    {
        foreach (var (unit, bytes) in Sizes)
            if (Split(text, unit) is { } amount && amount * bytes is >= 1 << 20 and <= 1L << 50)
                return (long)(amount * bytes);
        throw RecommenderException.Invalid(name, text, "a size with its unit, 1MB to 1024TB, such as 10GB");
    }

    /// <summary>"90d", "12h"; at least a minute.</summary>
    public static TimeSpan Age(string name, string text) => Age(name, text, TimeSpan.FromMinutes(1));

    /// <summary>"90d", "12h", "5s"; at least <paramref name="least"/>, which is in whole seconds.</summary>
    public static TimeSpan Age(string name, string text, TimeSpan least)
    {
        foreach (var (unit, span) in Ages)
            if (Split(text, unit) is { } amount && amount * span.TotalSeconds is var seconds
                && seconds >= least.TotalSeconds && seconds <= 100d * 365 * 86_400)
                return amount * span;
        var from = least == TimeSpan.FromMinutes(1) ? "1m" : FormattableString.Invariant($"{least.TotalSeconds:0}s");
        throw RecommenderException.Invalid(name, text, $"an age with its unit (d, h, m, s), {from} to 36500d, such as {(least >= TimeSpan.FromMinutes(1) ? "90d" : "10s")}");
    }

    private static double? Split(string text, string unit) =>
        text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)
        && double.TryParse(text.AsSpan(0, text.Length - unit.Length).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
            ? amount
            : null;
}
