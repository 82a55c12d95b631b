namespace Recs.Engine.Sessions;

/// <summary>Exponential decay: 2^(-elapsed / half-life).</summary>
internal static class AffinityDecay
{
    /// <summary>1 for no time or less, towards 0 for long times.</summary>
    public static double Factor(long elapsedMs, TimeSpan halfLife) =>
        elapsedMs <= 0 ? 1 : double.Exp2(-elapsedMs / halfLife.TotalMilliseconds);
}
