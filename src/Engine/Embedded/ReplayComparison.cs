using System.Runtime.InteropServices;

namespace Recs.Engine.Embedded;

/// <summary>Holds a page made again against its impression record.</summary>
internal static class ReplayComparison
{
    public static ReplayedImpression Of(ImpressionRecord logged, ImpressionRecord again, long sequence)
    {
        var ids = again.Shown.Select(s => s.ItemId).ToHashSet(StringComparer.Ordinal);
        var (difference, rows) = Compare(logged, again, sequence);
        return new ReplayedImpression(
            logged.RequestId, logged.UserId, difference is null ? "same" : "different", difference,
            logged.Shown.Count(s => ids.Contains(s.ItemId)), logged.Shown.Count, rows);
    }

    private static (string? Difference, int Rows) Compare(ImpressionRecord logged, ImpressionRecord again, long sequence)
    {
        if (logged.Sequence != sequence)
            return ($"the log gives the user sequence {sequence}, the page had {logged.Sequence}", 0);
        if (logged.Candidates != again.Candidates)
            return ($"{again.Candidates} candidates, then {logged.Candidates}{Catalog(logged, again)}", 0);
        if (logged.Shown.Count != again.Shown.Count)
            return ($"{again.Shown.Count} items, then {logged.Shown.Count}{Catalog(logged, again)}", 0);
        var rows = 0;
        for (var i = 0; i < logged.Shown.Count; i++)
        {
            var (then, now) = (logged.Shown[i], again.Shown[i]);
            if (then.ItemId != now.ItemId)
                return ($"place {i}: {now.ItemId}, then {then.ItemId}{Catalog(logged, again)}", rows);
            if (!then.Features.IsEmpty)
            {
                if (!MemoryMarshal.AsBytes(then.Features.Span).SequenceEqual(MemoryMarshal.AsBytes(now.Features.Span)))
                    return ($"place {i}, {then.ItemId}: {Feature(then.Features.Span, now.Features.Span)}{Catalog(logged, again)}", rows);
                rows++;
            }

            if (BitConverter.DoubleToInt64Bits(then.Score) != BitConverter.DoubleToInt64Bits(now.Score))
                return ($"place {i}, {then.ItemId}: score {now.Score:R}, then {then.Score:R}", rows);
        }

        return (null, rows);
    }

    private static string Feature(ReadOnlySpan<float> then, ReadOnlySpan<float> now)
    {
        if (then.Length != now.Length)
            return $"{now.Length} features, then {then.Length}";
        for (var f = 0; f < then.Length; f++)
        {
            if (BitConverter.SingleToInt32Bits(then[f]) != BitConverter.SingleToInt32Bits(now[f]))
                return $"{FeatureSchema.Features[f].Name} {now[f]:R}, then {then[f]:R}";
        }

        return "nothing";
    }

    private static string Catalog(ImpressionRecord logged, ImpressionRecord again) =>
        logged.CatalogVersion == again.CatalogVersion ? "" : " (the catalogue changed since)";
}
