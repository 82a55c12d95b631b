namespace Recs.Training.Ranking.Clicks;

/// <summary>What is done to shown rows before a ranker learns from them, by <see cref="PositionBias"/>.</summary>
internal static class PositionCorrection
{
    /// <param name="bias">How.</param>
    /// <param name="early">Rows that how much places are looked at is estimated from.</param>
    /// <param name="threads">Worker threads.</param>
    /// <param name="cancellationToken">Stops the estimate.</param>
    public static Func<LabelledRows, LabelledRows> Of(PositionBias bias, LabelledRows early, int threads, CancellationToken cancellationToken)
    {
        switch (bias)
        {
            case PositionBias.Feature:
                return PlaceColumn.Add;
            case PositionBias.Propensity:
                var examination = Examination.Estimate(early, threads, cancellationToken);
                return rows => Examination.Weigh(rows, examination);
            default:
                return rows => rows;
        }
    }
}
