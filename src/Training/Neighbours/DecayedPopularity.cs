using Recs.Training.Data;

namespace Recs.Training.Neighbours;

/// <summary>Positive events by item, an event of one half-life ago counting half.</summary>
public static class DecayedPopularity
{
    /// <param name="events">In order of time.</param>
    /// <param name="end">Events counted: those before this position, as of the last one's time.</param>
    /// <param name="items">Item numbers there are.</param>
    /// <param name="halfLife">Above 0.</param>
    public static float[] Count(EventColumns events, int end, int items, TimeSpan halfLife)
    {
        var sums = new double[items];
        var now = end > 0 ? events.AtMs[end - 1] : 0;
        for (var e = 0; e < end; e++)
        {
            if (events.StrengthOf(e) > 0)
                sums[events.Item[e]] += Math.Pow(2, -(now - events.AtMs[e]) / halfLife.TotalMilliseconds);
        }

        return Array.ConvertAll(sums, sum => (float)sum);
    }
}
