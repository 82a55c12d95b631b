using Recs.Bench.Harness;
using Recs.Bench.Worlds;

namespace Recs.Bench.Suites;

/// <summary>The steps of a page, one thread, one at a time.</summary>
internal static class MicroSuite
{
    public static Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var items = arguments.Number("items", 100_000, 1_000, 1_000_000);
        var rank = arguments.Number("rank", 64, 4, 512);
        var history = arguments.Number("history", 20, 1, 256);
        var candidates = arguments.Number("candidates", 500, 1, 10_000);
        arguments.RefuseOthers();

        var random = new Random(seed);
        var (catalog, model) = SyntheticModel.Create(items, rank, seed);
        var now = TimeProvider.System.GetUtcNow();
        (string, object)[] about = [("items", items), ("rank", rank), ("history", history), ("seed", seed)];
        var rules = new SessionRules(catalog, new SessionOptions());
        var session = UserSession.Empty("user");
        for (var n = 0; n < history; n++)
            session = rules.Apply(session, [Click(n)]).Session;
        var next = new[] { Click(history) };
        StepTimer.Add(report, "session-apply", () => rules.Apply(session, next), about);

        var codec = new SessionCodec(catalog);
        var blob = codec.Encode(session);
        report.Add("session-bytes", blob.Length, "bytes", about);
        StepTimer.Add(report, "session-decode", () => codec.Decode(blob), about);

        var vector = new double[rank];
        StepTimer.Add(report, "fold-in", () => FoldIn.Solve(model.Factors, session.History, vector), about);
        var user = vector.Select(x => (float)x).ToArray();

        var index = new QuantizedIndex(model.Factors);
        var found = new ScoredItem[150];
        var all = new ItemMask();
        catalog.Match(null, all);
        StepTimer.Add(report, "vector-search", () => index.Search(user, VectorMetric.InnerProduct, all, found), [.. about, ("wanted", found.Length), ("kernel", index.Kernel)]);
        report.Add("vector-search-recall", Recall(index, model.Factors, user, found), $"recall@{found.Length}", about);

        var clock = Stopwatch.GetTimestamp();
        var listed = new FactorIndex(model.Factors, 0);
        report.Add("vector-search-listed-build", Stopwatch.GetElapsedTime(clock).TotalSeconds, "s", about);
        StepTimer.Add(report, "vector-search-listed", () => listed.Search(user, VectorMetric.InnerProduct, all, found), [.. about, ("wanted", found.Length), ("kernel", listed.Kernel)]);
        report.Add("vector-search-listed-recall", Recall(listed, model.Factors, user, found), $"recall@{found.Length}", about);

        var mask = new ItemMask();
        foreach (var (name, text) in new[] { ("range", "price >= 50 and price < 100"), ("mixed", "category = 'category-7' or (tag in ('tag-1', 'tag-2', 'tag-3') and price < 20)") })
        {
            var filter = ItemFilter.Parse(text);
            StepTimer.Add(report, $"filter-{name}", () => catalog.Match(filter, mask), [.. about, ("filter", text), ("matched", Matched(filter))]);
        }

        Rank(report, catalog, model, session, user, candidates, now, random, about);
        return Task.FromResult(0);

        int Matched(ItemFilter filter)
        {
            catalog.Match(filter, mask);
            return mask.CountSet();
        }

        Interaction Click(int n) => SyntheticEvents.Draw(random, 0, items, now.AddMinutes(n - 2 * history)) with { UserId = "user", EventId = $"event-{n}", Type = InteractionType.Click };
    }

    private static void Rank(
        Report report, ItemCatalog catalog, RecommenderModel model, UserSession session, float[] user, int count, DateTimeOffset now, Random random, (string, object)[] about)
    {
        var list = new CandidateList();
        foreach (var item in Enumerable.Range(0, count * 2).Select(_ => random.Next(catalog.Count)).Distinct().Take(count))
            list.Add(item, 1);
        var merged = CandidateMerger.Merge(["als"], [list], int.MaxValue);
        var request = new RankingRequest
        {
            Session = session,
            Model = model,
            UserVector = user,
            Candidates = merged,
            NowMs = now.ToUnixTimeMilliseconds(),
            Surface = "home",
        };
        var assembler = new FeatureAssembler(catalog, new ItemCounters());
        var rows = new float[merged.Count * FeatureSchema.Width];
        (string, object)[] with = [.. about, ("candidates", merged.Count), ("features", FeatureSchema.Width)];
        StepTimer.Add(report, "assemble", () => assembler.Assemble(request, rows), with);
        var scorer = new LocalScorer(assembler);
        StepTimer.Add(report, "assemble-and-score", () => scorer.ScoreAsync(request, CancellationToken.None).Result.Release(), with);
    }

    // Against plain scoring of every item.
    private static double Recall(IVectorIndex index, ItemFactors factors, float[] user, ScoredItem[] found)
    {
        var count = index.Search(user, VectorMetric.InnerProduct, null, found);
        var best = Enumerable.Range(0, factors.Rows)
            .OrderByDescending(row => System.Numerics.Tensors.TensorPrimitives.Dot(user, factors.Row(row))).Take(count).ToHashSet();
        return found.Take(count).Count(f => best.Contains(f.Item)) / (double)count;
    }
}
