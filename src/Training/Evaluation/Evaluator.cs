using Recs.Training.Evaluation.Metrics;
using Recs.Training.OfflineModels;

namespace Recs.Training.Evaluation;

/// <summary>Makes every query's list and judges it. Thread-safe; the same on any number of threads.</summary>
public static class Evaluator
{
    // Queries of one task: their scratch is used again.
    private const int ChunkQueries = 16;

    /// <param name="task">Queries.</param>
    /// <param name="scorer">Fitted on the task's training runs.</param>
    /// <param name="length">Items of each list.</param>
    /// <param name="parallel">Threads and cancellation.</param>
    /// <returns>One list per query, best first; shorter where the scorer knows too few items.</returns>
    public static int[][] Lists(EvaluationTask task, IItemScorer scorer, int length, ParallelOptions parallel)
    {
        var lists = new int[task.Queries.Count][];
        var items = task.Train.ItemCount;
        Parallel.For(0, (lists.Length + ChunkQueries - 1) / ChunkQueries, parallel, () => new Scratch(items), (chunk, _, scratch) =>
        {
            for (var q = chunk * ChunkQueries; q < Math.Min(lists.Length, (chunk + 1) * ChunkQueries); q++)
                lists[q] = ListOf(task, task.Queries[q], scorer, length, scratch);
            return scratch;
        }, static _ => { });
        return lists;
    }

    /// <summary>The metrics of each query at one cutoff.</summary>
    public static TopKMetrics[] Judge(EvaluationTask task, IReadOnlyList<int[]> lists, int k)
    {
        var metrics = new TopKMetrics[lists.Count];
        for (var q = 0; q < metrics.Length; q++)
            metrics[q] = TopKMetrics.Of(lists[q], task.Queries[q].Relevant.ToHashSet(), k);
        return metrics;
    }

    /// <summary>Sets what a query may not list to negative infinity.</summary>
    public static void Mask(EvaluationTask task, EvaluationQuery query, Span<float> scores)
    {
        if (task.MaskHistory)
        {
            foreach (var item in query.History)
                scores[item] = float.NegativeInfinity;
        }

        foreach (var item in query.Masked)
            scores[item] = float.NegativeInfinity;
    }

    private static int[] ListOf(EvaluationTask task, EvaluationQuery query, IItemScorer scorer, int length, Scratch scratch)
    {
        scorer.Score(query, scratch.Scores);
        Mask(task, query, scratch.Scores);
        scratch.Top.Reset(length);
        for (var item = 0; item < scratch.Scores.Length; item++)
        {
            if (float.IsFinite(scratch.Scores[item]))
                scratch.Top.Add(item, scratch.Scores[item]);
        }

        var ordered = scratch.Top.Ordered();
        var list = new int[ordered.Length];
        for (var i = 0; i < list.Length; i++)
            list[i] = Engine.Retrieval.TopSelector.ItemOf(ordered[i]);
        return list;
    }

    private sealed class Scratch(int items)
    {
        public float[] Scores { get; } = new float[items];

        public Engine.Retrieval.TopSelector Top { get; } = new();
    }
}
