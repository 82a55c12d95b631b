using Recs.Training.Evaluation;
using Recs.Training.Linear;

namespace Recs.Training.OfflineModels;

/// <summary>
/// What was met soon after what: <c>sum of e^(-(distance - 1) / Decay)</c> over ordered pairs (backward ones count
/// <paramref name="Backward"/>), over <c>(n_a + Shrinkage)^a x (n_b + Shrinkage)^b</c>.
/// </summary>
/// <param name="Decay">Steps after which a pair counts 1/e.</param>
/// <param name="Window">Largest distance that counts.</param>
/// <param name="SourcePower">a, 0 to 1.</param>
/// <param name="TargetPower">b, 0 to 1: how far popular items are held back.</param>
/// <param name="Shrinkage">Events that an item is assumed to have had already.</param>
/// <param name="Recency">Steps back after which an item of the history counts 1/e.</param>
/// <param name="RunDecay">Share of all runs, from the end, after which one counts 1/e.</param>
/// <param name="Kept">Weights kept per item.</param>
/// <param name="Backward">0 to 1.</param>
public sealed record CoVisitModel(
    double Decay = 2, int Window = 20, double SourcePower = 1, double TargetPower = 0.3, double Shrinkage = 10, double Recency = 3,
    double RunDecay = double.PositiveInfinity, int Kept = 500, double Backward = 0) : IOfflineModel
{
    public IItemScorer Fit(Sequences train, FitContext context)
    {
        var weights = new float[train.Count];
        for (var r = 0; r < weights.Length; r++)
            weights[r] = (float)Math.Exp(-(double)(train.Count - 1 - r) / train.Count / RunDecay);
        var places = new PairCounts.Index(train, weights);
        // A future of one step makes the kernel e^(-(distance - 1) / Decay).
        var kernel = new PairKernel(Decay, 1e-3, Window);
        var counts = new double[train.ItemCount];
        for (var e = 0; e < train.Items.Length; e++)
            counts[train.Items[e]] += weights[places.RunOf[e]];
        var forward = Rows(train, places, kernel, context);
        if (Backward > 0)
            AddReverse(forward, Backward);
        var neighbours = ItemWeights.Compress([.. forward.Select((row, item) => Normalised(row, counts, item))], Kept);
        return new WeightedItemsScorer(neighbours, Recency, 4_096, distinct: false);
    }

    private static Dictionary<int, float>[] Rows(Sequences train, PairCounts.Index places, PairKernel kernel, FitContext context)
    {
        var rows = new Dictionary<int, float>[train.ItemCount];
        Parallel.For(0, train.ItemCount, context.Parallel, () => new PairCounts(places, kernel, 0), (item, _, pairs) =>
        {
            pairs.NextRow(item);
            rows[item] = pairs.Touched.ToDictionary(other => other, other => pairs[other]);
            return pairs;
        }, static _ => { });
        return rows;
    }

    private static void AddReverse(Dictionary<int, float>[] rows, double weight)
    {
        var pairs = rows.SelectMany((row, from) => row.Select(p => (From: p.Key, To: from, Value: (float)(weight * p.Value)))).ToArray();
        foreach (var (from, to, value) in pairs)
            rows[from][to] = rows[from].GetValueOrDefault(to) + value;
    }

    private (int Item, float Score)[] Normalised(Dictionary<int, float> row, double[] counts, int item)
    {
        var source = Math.Pow(counts[item] + Shrinkage, SourcePower);
        return [.. row.Select(p => (p.Key, (float)(p.Value / source / Math.Pow(counts[p.Key] + Shrinkage, TargetPower))))];
    }
}

/// <summary>Puts rows of weights together.</summary>
internal static class ItemWeights
{
    /// <summary>The strongest of each row, strongest first, equal ones by item number.</summary>
    public static ItemNeighbours Compress((int Item, float Score)[][] rows, int kept)
    {
        var offsets = new int[rows.Length + 1];
        List<int> items = [];
        List<float> scores = [];
        for (var i = 0; i < rows.Length; i++)
        {
            Array.Sort(rows[i], static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Item.CompareTo(b.Item));
            foreach (var (item, score) in rows[i].AsSpan(0, Math.Min(kept, rows[i].Length)))
            {
                items.Add(item);
                scores.Add(score);
            }

            offsets[i + 1] = items.Count;
        }

        return new ItemNeighbours { Offsets = offsets, Items = [.. items], Scores = [.. scores] };
    }
}
