using Recs.Training.Evaluation.Metrics;

namespace Recs.Training.Evaluation;

/// <summary>Part of the queries, with its own mean.</summary>
/// <param name="Group">What the queries are told apart by.</param>
/// <param name="Name">Which of them.</param>
/// <param name="Queries">How many.</param>
/// <param name="Value">Mean and interval of the target metric.</param>
public sealed record Segment(string Group, string Name, int Queries, Interval Value);

/// <summary>Tables by how much is known of who asks, and by how popular what was right is.</summary>
public static class Segments
{
    /// <param name="task">Queries.</param>
    /// <param name="values">Target metric of each query.</param>
    public static IReadOnlyList<Segment> Of(EvaluationTask task, double[] values)
    {
        var lengths = task.Queries.Select(static q => (double)q.History.Length).ToArray();
        var popularity = task.Train.Popularity();
        var head = HeadOf(popularity);
        var popular = task.Queries.Select(q => q.Relevant.Length == 0 ? double.NaN : q.Relevant.Average(i => head[i] ? 1.0 : 0.0)).ToArray();
        var (low, high) = (Quantile(lengths, 1 / 3.0), Quantile(lengths, 2 / 3.0));
        return
        [
            .. Split("history", [
                ($"short, up to {low:0}", q => lengths[q] <= low),
                ($"middle, up to {high:0}", q => lengths[q] > low && lengths[q] <= high),
                ($"long, above {high:0}", q => lengths[q] > high)]),
            .. Split("what was right", [
                ("popular items (the first fifth)", q => popular[q] >= 0.5),
                ("other items (the tail)", q => popular[q] < 0.5)]),
        ];

        IEnumerable<Segment> Split(string group, (string Name, Func<int, bool> Holds)[] parts)
        {
            foreach (var (name, holds) in parts)
            {
                var taken = Enumerable.Range(0, values.Length).Where(holds).ToArray();
                if (taken.Length == 0)
                    continue;
                var interval = Bootstrap.MeanInterval(
                    Array.ConvertAll(taken, q => values[q]), Array.ConvertAll(taken, q => task.Queries[q].Group));
                yield return new Segment(group, name, taken.Length, interval);
            }
        }
    }

    /// <summary>The fifth of the items with events that has the most of them.</summary>
    private static bool[] HeadOf(int[] popularity)
    {
        var known = Enumerable.Range(0, popularity.Length).Where(i => popularity[i] > 0).OrderByDescending(i => popularity[i]).ThenBy(static i => i).ToArray();
        var head = new bool[popularity.Length];
        foreach (var item in known.Take(Math.Max(1, known.Length / 5)))
            head[item] = true;
        return head;
    }

    private static double Quantile(double[] values, double share) => values.Length == 0 ? 0 : values.Order().ElementAt((int)(share * (values.Length - 1)));
}
