namespace Recs.Engine.Retrieval;

/// <summary>Half-lives of <see cref="ItemCounters"/>.</summary>
public sealed record ItemCounterOptions
{
    /// <summary>Half-life of <see cref="ItemCounters.Recent"/>. Default 1 day, 1 minute to 365 days, whole milliseconds.</summary>
    public TimeSpan ShortHalfLife { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Half-life of the baseline, impressions and clicks. Default 14 days; a whole multiple of
    /// <see cref="ShortHalfLife"/>, at most 256, so that moving the landmark only ever scales by exact powers of two.
    /// </summary>
    public TimeSpan LongHalfLife { get; init; } = TimeSpan.FromDays(14);

    internal void Validate()
    {
        if (ShortHalfLife < TimeSpan.FromMinutes(1) || ShortHalfLife > TimeSpan.FromDays(365)
            || ShortHalfLife.Ticks % TimeSpan.TicksPerMillisecond != 0)
            throw RecommenderException.Invalid("shortHalfLife", ShortHalfLife, "1 minute to 365 days in whole milliseconds");
        if (LongHalfLife < ShortHalfLife || LongHalfLife.Ticks / ShortHalfLife.Ticks > 256 || LongHalfLife.Ticks % ShortHalfLife.Ticks != 0)
            throw RecommenderException.Invalid("longHalfLife", LongHalfLife, $"a whole multiple of shortHalfLife ({ShortHalfLife}), 1 to 256 times");
    }
}
