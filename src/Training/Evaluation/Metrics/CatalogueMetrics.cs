namespace Recs.Training.Evaluation.Metrics;

/// <summary>What a set of lists does to the catalogue: beyond-accuracy metrics. Not thread-safe.</summary>
/// <param name="popularity">Training events by item, 0 or more.</param>
public sealed class CatalogueMetrics(IReadOnlyList<int> popularity)
{
    private readonly int[] _shown = new int[popularity.Count];
    private readonly double _events = Math.Max(1, popularity.Sum(static p => (double)p));
    private readonly double[] _percentile = Percentiles(popularity);
    private double _surprise, _popularity;
    private long _items;

    public void Add(ReadOnlySpan<int> list)
    {
        foreach (var item in list)
        {
            _shown[item]++;
            _items++;
            // An item never seen in training counts as one seen once.
            _surprise -= Math.Log2(Math.Max(1, popularity[item]) / _events);
            _popularity += _percentile[item];
        }
    }

    /// <summary>Share of the catalogue that was listed at least once, 0 to 1.</summary>
    public double Coverage => _shown.Length == 0 ? 0 : _shown.Count(static s => s > 0) / (double)_shown.Length;

    /// <summary>Mean self-information of a listed item in bits, -log2 of its share of the training events.</summary>
    public double Novelty => _items == 0 ? 0 : _surprise / _items;

    /// <summary>Mean popularity percentile of a listed item, 0 (rarest) to 1: 0.5 is no bias.</summary>
    public double PopularityBias => _items == 0 ? 0 : _popularity / _items;

    /// <summary>Gini coefficient of how often each item was listed: 0 when all equally often, towards 1 when one has all.</summary>
    public double Gini
    {
        get
        {
            if (_items == 0)
                return 0;
            var sorted = _shown.Order().ToArray();
            double weighted = 0;
            for (var i = 0; i < sorted.Length; i++)
                weighted += (2.0 * (i + 1) - sorted.Length - 1) * sorted[i];
            return weighted / (sorted.Length * (double)_items);
        }
    }

    /// <summary>Mean distance (1 - similarity) over the pairs of a list; NaN for fewer than two items.</summary>
    /// <param name="list">Items.</param>
    /// <param name="similarity">0 to 1, symmetric.</param>
    public static double Diversity(ReadOnlySpan<int> list, Func<int, int, double> similarity)
    {
        if (list.Length < 2)
            return double.NaN;
        double sum = 0;
        for (var i = 0; i < list.Length; i++)
        {
            for (var j = i + 1; j < list.Length; j++)
                sum += 1 - similarity(list[i], list[j]);
        }

        return sum / (list.Length * (list.Length - 1) / 2.0);
    }

    // Items of one popularity share the mean of their places, so that ties have no order.
    private static double[] Percentiles(IReadOnlyList<int> popularity)
    {
        var order = Enumerable.Range(0, popularity.Count).OrderBy(i => popularity[i]).ToArray();
        var percentiles = new double[order.Length];
        for (var from = 0; from < order.Length;)
        {
            var to = from;
            while (to < order.Length && popularity[order[to]] == popularity[order[from]])
                to++;
            var mean = order.Length == 1 ? 0.5 : (from + to - 1) / 2.0 / (order.Length - 1);
            for (; from < to; from++)
                percentiles[order[from]] = mean;
        }

        return percentiles;
    }
}
