using System.Numerics.Tensors;
using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Engine.Retrieval.Vectors;
using Recs.Training.Factorization;

namespace Recs.Bench.Suites;

/// <summary>
/// A model's item factors as a page searches them: recall of the candidates against scoring every item, time against the
/// 8-bit scan, seconds to build. Factors are trained on drawn feedback: users with a few tastes, items with a falling popularity.
/// </summary>
internal static class RetrievalFactors
{
    private const int Rank = 64, Tastes = 200, EventsPerUser = 30, Epochs = 3, Queries = 300, Seen = 30, Rounds = 5;

    // As many as a page asks of a source by default.
    private const int Candidates = 150;

    public static void Add(int items, int seed, Report report)
    {
        var (factors, users) = Train(items, seed);
        var (clock, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var index = new FactorIndex(factors, 0);
        var (build, buildCpu) = (Stopwatch.GetElapsedTime(clock).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        var scan = new QuantizedIndex(factors);

        var (random, mask) = (new Random(seed), new ItemMask());
        mask.Reset(items);
        mask.Words.Fill(ulong.MaxValue);
        if (items % 64 != 0)
            mask.Words[^1] = (1UL << items % 64) - 1;
        for (var n = 0; n < Seen; n++)
            mask.Remove(random.Next(items));
        (string, object)[] about = [("items", items), ("rank", Rank), ("candidates", Candidates), ("queries", Queries), ("seed", seed), ("listed", index.Listed)];
        report.Add($"factors-{items}-build", build, "s", about);
        report.Add($"factors-{items}-build-cpu", buildCpu, "CPU s", about);
        foreach (var (name, searched) in new (string, IVectorIndex)[] { ("index", index), ("scan", scan) })
        {
            var (found, hits, best) = (new ScoredItem[Candidates], 0, double.MaxValue);
            for (var q = 0; q < Queries; q++)
            {
                var right = Best(factors, users.AsSpan(q * Rank, Rank), mask);
                var count = searched.Search(users.AsSpan(q * Rank, Rank), VectorMetric.InnerProduct, mask, found);
                hits += found.Take(count).Count(f => right.Contains(f.Item));
            }

            for (var round = 0; round < Rounds; round++)
            {
                var used = RetrievalTimer.CpuSeconds();
                for (var q = 0; q < Queries; q++)
                    searched.Search(users.AsSpan(q * Rank, Rank), VectorMetric.InnerProduct, mask, found);
                best = Math.Min(best, RetrievalTimer.CpuSeconds() - used);
            }

            report.Add($"factors-{items}-{name}-recall", hits / (double)(Queries * Candidates), $"recall@{Candidates}", about);
            report.Add($"factors-{items}-{name}-time", best / Queries * 1e6, "us of CPU", about);
        }
    }

    private static HashSet<int> Best(ItemFactors factors, ReadOnlySpan<float> user, ItemMask mask)
    {
        var scores = new List<(float Score, int Item)>(factors.Rows);
        for (var row = 0; row < factors.Rows; row++)
        {
            if (mask[row])
                scores.Add((-TensorPrimitives.Dot(user, factors.Row(row)), row));
        }

        scores.Sort();
        return [.. scores.Take(Candidates).Select(s => s.Item)];
    }

    private static (ItemFactors Factors, float[] Users) Train(int items, int seed)
    {
        var (random, users) = (new Random(seed), items / 2);
        var (rows, columns, strengths) = (new List<int>(), new List<int>(), new List<float>());
        var seen = new HashSet<int>();
        for (var user = 0; user < users; user++)
        {
            Span<int> tastes = [random.Next(Tastes), random.Next(Tastes), random.Next(Tastes)];
            seen.Clear();
            for (var n = 0; n < EventsPerUser; n++)
            {
                // Nine of ten from a taste, the more popular the more often; the tenth from all.
                var place = (int)(items / (double)Tastes * Math.Pow(random.NextDouble(), 2));
                var item = random.Next(10) == 0 ? random.Next(items) : place * Tastes + tastes[random.Next(3)];
                if (item >= items || !seen.Add(item))
                    continue;
                rows.Add(user);
                columns.Add(item);
                strengths.Add(1);
            }
        }

        var als = new ImplicitAls(
            FeedbackMatrix.From(users, items, [.. rows], [.. columns], [.. strengths]), new AlsOptions(Rank, 10, 0.1, 0.05, 1) { Seed = seed });
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            als.UserStep();
            als.ItemStep();
        }

        als.UserStep();
        var values = als.ItemFactors();
        int[] numbers = [.. Enumerable.Range(0, items)];
        return (new ItemFactors
        {
            Rank = Rank,
            ItemOfRow = numbers,
            RowOfItem = numbers,
            Values = values,
            Gramian = Gramian.Of(values, items, Rank),
            Alpha = 1,
            UnobservedWeight = 0.1,
            Lambda = 0.05,
            RegularizationExponent = 1,
        }, als.UserFactors()[..(Queries * Rank)]);
    }
}
