namespace Recs.Engine.Ranking;

/// <summary>
/// Shapley values of any ranker by sampling (Castro, Gomez and Tejada 2009): in each of some orders the features go one by
/// one from a reference row to the row in question, and what the score gains at its turn is the feature's. Orders are
/// fixed, each with its reverse; contributions sum to score(row) - score(reference) exactly but for rounding.
/// </summary>
internal static class SampledShapley
{
    private const int Orders = 8;

    public static void Explain(IRanker ranker, ReadOnlySpan<float> row, ReadOnlySpan<float> reference, Span<double> contributions)
    {
        var width = row.Length;
        var steps = width + 1;
        var rows = new float[2 * steps * width];
        var scores = new float[2 * steps];
        var order = new int[width];
        for (var f = 0; f < width; f++)
            order[f] = f;
        contributions[..width].Clear();
        var random = new Random(1);
        for (var o = 0; o < Orders; o++)
        {
            random.Shuffle(order);
            for (var direction = 0; direction < 2; direction++)
            {
                var path = rows.AsSpan(direction * steps * width);
                reference.CopyTo(path);
                for (var s = 0; s < width; s++)
                {
                    path.Slice(s * width, width).CopyTo(path[((s + 1) * width)..]);
                    var f = order[direction == 0 ? s : width - 1 - s];
                    path[(s + 1) * width + f] = row[f];
                }
            }

            ranker.Score(rows, 2 * steps, scores);
            for (var s = 0; s < width; s++)
            {
                contributions[order[s]] += (scores[s + 1] - (double)scores[s]) / (2 * Orders);
                contributions[order[width - 1 - s]] += (scores[steps + s + 1] - (double)scores[steps + s]) / (2 * Orders);
            }
        }
    }
}
