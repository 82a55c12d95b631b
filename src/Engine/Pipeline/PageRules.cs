namespace Recs.Engine.Pipeline;

/// <summary>Checks requests for pages; each throws <see cref="RecommenderException"/> and changes nothing.</summary>
public static class PageRules
{
    /// <summary>Most ids in <see cref="PageRequest.WhyNot"/>.</summary>
    public const int MaxWhyNot = 100;

    public static void Check(PageRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        IdRules.Check("userId", request.UserId);
        CheckSurface(request.Surface);
        CheckCommon(request.Count, request.Exclude, request.Deadline);
        if (request.After is < 0)
            throw RecommenderException.Invalid("after", request.After, "0 or a sequence number from a receipt");
        if (request.WhyNot.Count > MaxWhyNot)
            throw RecommenderException.Invalid("whyNot", $"{request.WhyNot.Count} ids", $"at most {MaxWhyNot} ids", kind: RefusalKind.TooLarge);
        foreach (var id in request.WhyNot)
            IdRules.Check("whyNot", id);
    }

    public static void Check(SimilarRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        IdRules.Check("itemId", request.ItemId);
        if (request.UserId is not null)
            IdRules.Check("userId", request.UserId);
        CheckCommon(request.Count, request.Exclude, request.Deadline);
    }

    public static void Check(TrendingRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.UserId is not null)
            IdRules.Check("userId", request.UserId);
        CheckCommon(request.Count, request.Exclude, request.Deadline);
    }

    private static void CheckCommon(int count, IReadOnlyList<string> exclude, TimeSpan? deadline)
    {
        if (count is < 1 or > Limits.MaxPageSize)
            throw RecommenderException.Invalid("count", count, $"1 to {Limits.MaxPageSize}");
        if (exclude.Count > Limits.MaxExcluded)
            throw RecommenderException.Invalid("exclude", $"{exclude.Count} ids", $"at most {Limits.MaxExcluded} ids", kind: RefusalKind.TooLarge);
        foreach (var id in exclude)
            IdRules.Check("exclude", id);
        if (deadline is { } d && (d < Limits.MinDeadline || d > Limits.MaxDeadline))
        {
            throw RecommenderException.Invalid(
                "deadline", $"{d.TotalMilliseconds} ms",
                $"{Limits.MinDeadline.TotalMilliseconds} to {Limits.MaxDeadline.TotalMilliseconds} ms");
        }
    }

    internal static void CheckSurface(string surface)
    {
        if (surface is not { Length: > 0 and <= Limits.MaxSurfaceLength } || !surface.All(IsSurfaceCharacter))
            throw RecommenderException.Invalid("surface", surface, $"1 to {Limits.MaxSurfaceLength} letters, digits, '-', '_' or '.'");
    }

    private static bool IsSurfaceCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';
}
