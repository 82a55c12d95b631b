namespace Recs.Engine.Ranking;

/// <summary>
/// Platt's correction of log-odds (Platt 1999): Slope x score + Offset. The slope is above 0, so no order changes.
/// </summary>
/// <param name="Slope">Above 0.</param>
/// <param name="Offset">Added, log-odds.</param>
public sealed record Calibration(double Slope, double Offset)
{
    public static Calibration None { get; } = new(1, 0);

    internal void Apply(Span<float> scores)
    {
        var (slope, offset) = ((float)Slope, (float)Offset);
        foreach (ref var score in scores)
            score = slope * score + offset;
    }

    internal void Validate()
    {
        if (!(double.IsFinite(Slope) && Slope > 0 && double.IsFinite(Offset)))
            throw new InvalidDataException($"ranker: calibration was {Slope} x score + {Offset}; legal is a slope above 0, both finite.");
    }
}
