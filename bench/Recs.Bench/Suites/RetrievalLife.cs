using Recs.Bench.Harness;
using Recs.Bench.Worlds;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Bench.Suites;

/// <summary>
/// What becomes of an index that lives: recall and speed after a million updates against a fresh build of the same vectors,
/// then how long a snapshot of a million vectors takes to open.
/// </summary>
internal static class RetrievalLife
{
    private const int OpenCount = 1_000_000, Rounds = 7;

    public static void Add(VectorIndex index, VectorSet set, int updates, int seed, string folder, Report report)
    {
        Updates(index, set, updates, seed, report);
        Opening(set, seed, folder, report);
    }

    private static void Updates(VectorIndex index, VectorSet set, int updates, int seed, Report report)
    {
        // Half of the updates give an item another's vector, a quarter removes one, a quarter brings one back or a new one.
        var (random, sources) = (new Random(seed), new Dictionary<int, int>());
        for (var item = 0; item < set.Count; item++)
            sources[item] = item;
        var clock = Stopwatch.GetTimestamp();
        for (var update = 0; update < updates; update++)
        {
            var (item, source) = (random.Next(set.Count + set.Count / 3), random.Next(set.Count));
            if (update % 4 == 0 && sources.Remove(item))
            {
                index.Remove(item);
                continue;
            }

            sources[item] = source;
            index.Upsert(item, set.Base.AsSpan(source * set.Dimension, set.Dimension));
        }

        index.Merge();
        var seconds = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        var values = new float[sources.Count * set.Dimension];
        var items = sources.Keys.Order().ToArray();
        for (var n = 0; n < items.Length; n++)
            set.Base.AsSpan(sources[items[n]] * set.Dimension, set.Dimension).CopyTo(values.AsSpan(n * set.Dimension));
        var fresh = VectorIndex.Build(index.Space, items, values, new VectorIndexOptions { Seed = seed });

        (string, object)[] about = [("set", set.Name), ("updates", updates), ("vectors", index.Count), ("seed", seed)];
        report.Add("updates-a-second", updates / seconds, "1/s", about);
        var truth = Truth(fresh, set);
        var (lived, built) = (Recall(index, set, truth), Recall(fresh, set, truth));
        var (livedTime, builtTime) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            livedTime = Math.Min(livedTime, 1 / RetrievalTimer.Run(index, set, SearchEffort.Default, 1).CpuQps);
            builtTime = Math.Min(builtTime, 1 / RetrievalTimer.Run(fresh, set, SearchEffort.Default, 1).CpuQps);
        }

        report.Add("recall-after-updates", lived, "recall@100", about);
        report.Add("recall-fresh", built, "recall@100", about);
        report.Add("time-after-updates", livedTime * 1e6, "us of CPU", about);
        report.Add("time-fresh", builtTime * 1e6, "us of CPU", about);
        report.Add("time-after-updates-over-fresh", livedTime / builtTime, "x", about);
        report.Add("bytes-after-updates", index.MemoryBytes / (double)index.Count, "bytes/vector", about);
        report.Add("bytes-fresh", fresh.MemoryBytes / (double)fresh.Count, "bytes/vector", about);
    }

    private static void Opening(VectorSet set, int seed, string folder, Report report)
    {
        var large = VectorSet.HardValues(OpenCount, 0, seed).Items;
        var index = VectorIndex.Build(new VectorSpace("bench", set.Dimension, set.Metric), Enumerable.Range(0, OpenCount).ToArray(), large);
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "large.snapshot");
        var clock = Stopwatch.GetTimestamp();
        index.Save(path);
        var saved = Stopwatch.GetElapsedTime(clock).TotalSeconds;
        var (wall, cpu, first) = (double.MaxValue, double.MaxValue, double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            clock = Stopwatch.GetTimestamp();
            var used = RetrievalTimer.CpuSeconds();
            var opened = VectorIndex.Open(path);
            wall = Math.Min(wall, Stopwatch.GetElapsedTime(clock).TotalSeconds);
            cpu = Math.Min(cpu, RetrievalTimer.CpuSeconds() - used);
            opened.Search(set.Query(0), new ScoredItem[VectorSet.Wanted]);
            first = Math.Min(first, Stopwatch.GetElapsedTime(clock).TotalSeconds);
        }

        (string, object)[] about = [("vectors", OpenCount), ("dimension", set.Dimension), ("bytes", new FileInfo(path).Length), ("seed", seed)];
        report.Add("save-seconds", saved, "s", about);
        report.Add("open-seconds", wall, "s", about);
        report.Add("open-cpu-seconds", cpu, "CPU s", about);
        report.Add("open-and-search-seconds", first, "s", about);
    }

    private static HashSet<int>[] Truth(VectorIndex index, VectorSet set)
    {
        var truth = new HashSet<int>[set.QueryCount];
        Parallel.For(0, truth.Length, q =>
        {
            var found = new ScoredItem[VectorSet.Wanted];
            index.Search(set.Query(q), found, null, SearchEffort.Everything);
            truth[q] = [.. found.Select(f => f.Item)];
        });
        return truth;
    }

    private static double Recall(VectorIndex index, VectorSet set, HashSet<int>[] truth)
    {
        var (found, hits) = (new ScoredItem[VectorSet.Wanted], 0L);
        for (var q = 0; q < truth.Length; q++)
        {
            index.Search(set.Query(q), found);
            hits += found.Count(f => truth[q].Contains(f.Item));
        }

        return hits / (double)(VectorSet.Wanted * truth.Length);
    }
}
