namespace Recs.Training.Ranking.Clicks;

/// <summary>
/// How much each place of a page is looked at, against the first: the mean probability of a response with every row at
/// that place over that with every row at the first, by a logistic regression on the features and a column a place
/// (standardisation over the rows; Hernan and Robins 2020, chapter 13). It needs rows of like features at unlike places.
/// </summary>
internal static class Examination
{
    /// <summary>Places from this one on are taken together.</summary>
    public const int Places = 20;

    private const double Ridge = 1;

    // Below it the inverse would make a handful of responses outweigh all others.
    private const double Least = 0.1;

    /// <summary>By place, <see cref="Places"/> of them: 1 at the first, <see cref="Least"/> or more.</summary>
    public static double[] Estimate(LabelledRows rows, int threads, CancellationToken cancellationToken)
    {
        var width = rows.Width;
        var wide = new LabelledRows(width + Places - 1);
        var row = new float[wide.Width];
        for (var r = 0; r < rows.Count; r++)
        {
            rows.Row(r).CopyTo(row);
            row.AsSpan(width).Clear();
            if (rows.Place(r) > 0)
                row[width + Math.Min(rows.Place(r), Places - 1) - 1] = 1;
            wide.Add(row, rows.IsPositive(r), rows.Weight(r));
        }

        var fit = LogisticRegression.Fit(wide, Ridge, threads, cancellationToken);
        var atPlace = new double[Places];
        for (var r = 0; r < rows.Count; r++)
        {
            // Log-odds with the row at the first place, where all columns of places are 0.
            var first = fit.Bias;
            for (var f = 0; f < wide.Width; f++)
                first += fit.Weights[f] * ((f < width ? rows.Row(r)[f] : 0) - fit.Means[f]) / fit.Scales[f];
            for (var p = 0; p < Places; p++)
                atPlace[p] += rows.Weight(r) * LogisticRanker.Probability(first + (p == 0 ? 0 : fit.Weights[width + p - 1] / fit.Scales[width + p - 1]));
        }

        return Array.ConvertAll(atPlace, p => Math.Max(Least, p / atPlace[0]));
    }

    /// <summary>The rows with responses weighted by the inverse of how much their place is looked at.</summary>
    public static LabelledRows Weigh(LabelledRows rows, double[] examination)
    {
        var weighed = new LabelledRows(rows.Width);
        for (var r = 0; r < rows.Count; r++)
        {
            var looked = rows.IsPositive(r) ? examination[Math.Min(rows.Place(r), Places - 1)] : 1;
            weighed.Add(rows.Row(r), rows.IsPositive(r), (float)(rows.Weight(r) / looked), rows.Place(r));
        }

        return weighed;
    }
}
