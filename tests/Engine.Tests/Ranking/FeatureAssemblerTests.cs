using Recs.Engine.Tests.Retrieval;

namespace Recs.Engine.Tests.Ranking;

public class FeatureAssemblerTests
{
    private const int Seed = 555;

    [Fact]
    public void Every_feature_agrees_with_its_definition()
    {
        var world = new RetrievalWorld(400, Seed);
        var assembler = new FeatureAssembler(world.Catalog, world.Counters);
        for (var round = 0; round < 20; round++)
        {
            var request = Request(world, round == 0 ? 0 : world.Random.Next(40));
            var rows = new float[request.Candidates.Count * FeatureSchema.Width];
            assembler.Assemble(request, rows);
            for (var c = 0; c < request.Candidates.Count; c++)
            {
                var expected = NaiveFeatures.Of(request, c, world.Catalog, world.Counters);
                for (var f = 0; f < FeatureSchema.Width; f++)
                {
                    var (name, value) = (FeatureSchema.Features[f].Name, rows[c * FeatureSchema.Width + f]);
                    Assert.True(
                        Math.Abs(expected[name] - value) <= 2e-5 * (1 + Math.Abs(expected[name])),
                        $"seed {Seed}, round {round}, candidate {c}, {name}: expected {expected[name]:R}, was {value:R}");
                }
            }
        }
    }

    [Fact]
    public void The_same_inputs_give_the_same_bytes_on_any_thread_and_after_other_requests()
    {
        var world = new RetrievalWorld(400, Seed);
        var assembler = new FeatureAssembler(world.Catalog, world.Counters);
        var requests = Enumerable.Range(0, 8).Select(i => Request(world, i * 3)).ToArray();
        var expected = requests.Select(Rows).ToArray();
        Parallel.For(0, 64, i => Assert.Equal(expected[i * 5 % 8], Rows(requests[i * 5 % 8])));

        float[] Rows(RankingRequest request)
        {
            var rows = new float[request.Candidates.Count * FeatureSchema.Width];
            assembler.Assemble(request, rows);
            return rows;
        }
    }

    [Fact]
    public void Which_source_found_an_item_changes_the_found_flags_alone()
    {
        var world = new RetrievalWorld(400, Seed);
        var assembler = new FeatureAssembler(world.Catalog, world.Counters);
        var request = Request(world, 10);
        var other = With(request, CandidateMerger.Merge(["popular"], [ListOf(request.Candidates.Items)], int.MaxValue));
        var (rows, otherRows) = (new float[request.Candidates.Count * FeatureSchema.Width], new float[request.Candidates.Count * FeatureSchema.Width]);
        assembler.Assemble(request, rows);
        assembler.Assemble(other, otherRows);
        var differ = Enumerable.Range(0, rows.Length).Where(i => rows[i] != otherRows[i]).Select(i => FeatureSchema.Features[i % FeatureSchema.Width].Name).Distinct();
        Assert.All(differ, name => Assert.StartsWith("found_by_", name));
        Assert.NotEmpty(differ);
    }

    [Fact]
    public void Unknown_items_and_empty_sessions_have_finite_features()
    {
        var world = new RetrievalWorld(50, Seed);
        var unknown = world.Catalog.Intern("an id without an item");
        var list = new CandidateList();
        list.Add(unknown, 1);
        list.Add(0, 1);
        var request = new RankingRequest
        {
            Session = UserSession.Empty("u"),
            Model = world.Model,
            UserVector = null,
            NowMs = 0,
            Surface = "home",
            Candidates = CandidateMerger.Merge(["popular"], [list], int.MaxValue),
        };
        var rows = new float[2 * FeatureSchema.Width];
        new FeatureAssembler(world.Catalog, world.Counters).Assemble(request, rows);
        Assert.All(rows, v => Assert.True(float.IsFinite(v)));
        new FeatureAssembler(world.Catalog, new ItemCounters()).Assemble(request, rows);
        Assert.All(rows, v => Assert.True(float.IsFinite(v)));
        Assert.Throws<ArgumentException>(() => new FeatureAssembler(world.Catalog, world.Counters).Assemble(request, new float[FeatureSchema.Width]));
    }

    [Fact]
    public void Times_seen_counts_the_recent_events_on_the_candidate_itself()
    {
        var world = new RetrievalWorld(50, Seed);
        var list = new CandidateList();
        foreach (var item in new[] { 4, 5, 6 })
            list.Add(item, 1);
        var request = new RankingRequest
        {
            Session = new UserSession
            {
                UserId = "u",
                Recent = [new(5, InteractionType.Click, 1), new(4, InteractionType.View, 2), new(5, InteractionType.Purchase, 3), new(40, InteractionType.Click, 4)],
            },
            Model = world.Model,
            UserVector = null,
            NowMs = RetrievalWorld.Now,
            Surface = "home",
            Candidates = CandidateMerger.Merge(["popular"], [list], int.MaxValue),
        };
        var rows = new float[3 * FeatureSchema.Width];
        new FeatureAssembler(world.Catalog, world.Counters).Assemble(request, rows);
        var times = FeatureSchema.IndexOf("times_seen");
        Assert.Equal(
            [(4, MathF.Log(2)), (5, MathF.Log(3)), (6, 0f)],
            Enumerable.Range(0, 3).Select(c => (request.Candidates.Items[c], rows[c * FeatureSchema.Width + times])).Order());
    }

    [Fact]
    public void Assembling_allocates_nothing_after_the_first_page()
    {
        var world = new RetrievalWorld(400, Seed);
        var assembler = new FeatureAssembler(world.Catalog, world.Counters);
        var request = Request(world, 20);
        var rows = new float[request.Candidates.Count * FeatureSchema.Width];
        assembler.Assemble(request, rows);
        var before = GC.GetAllocatedBytesForCurrentThread();
        assembler.Assemble(request, rows);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task The_local_scorer_scores_the_rows_it_returns_and_stops_at_the_deadline()
    {
        var world = new RetrievalWorld(400, Seed);
        var request = Request(world, 20);
        var scorer = new LocalScorer(new FeatureAssembler(world.Catalog, world.Counters));
        var scored = await scorer.ScoreAsync(request, default);
        Assert.Equal(request.Candidates.Count, scored.Scores.Length);

        var (row, expected) = (new float[FeatureSchema.Width], new float[1]);
        var contributions = new double[FeatureSchema.Width];
        for (var c = 0; c < scored.Scores.Length; c++)
        {
            scored.Features.AsSpan(c * FeatureSchema.Width, FeatureSchema.Width).CopyTo(row);
            world.Model.Ranker.Score(row, 1, expected);
            Assert.Equal(expected[0], scored.Scores[c]);
            world.Model.Ranker.Explain(row, contributions);
            Assert.Equal(scored.Scores[c], contributions.Sum() + FallbackRanker.Instance.Parameters.Bias, 3);
        }
        scored.Release();
        scored.Release();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scorer.ScoreAsync(request, new CancellationToken(true)).AsTask());
    }

    private static RankingRequest Request(RetrievalWorld world, int historyLength)
    {
        var session = world.Session(historyLength);
        var context = world.Context(session, 0.8, 60);
        var sources = new CandidateSources(world.Catalog, world.Counters, world.Visits).Personal;
        return new RankingRequest
        {
            Session = session,
            Model = world.Model,
            UserVector = context.UserVector,
            Candidates = CandidateMerger.Merge(sources.Select(s => s.Name).ToArray(), sources.Select(s => RetrievalWorld.Run(s, context)).ToArray(), int.MaxValue),
            NowMs = RetrievalWorld.Now + world.Random.NextInt64(2 * RetrievalWorld.Day),
            Surface = historyLength % 2 == 0 ? "home" : "cart",
        };
    }

    private static RankingRequest With(RankingRequest request, CandidateSet candidates) => new()
    {
        Session = request.Session,
        Model = request.Model,
        UserVector = request.UserVector,
        Candidates = candidates,
        NowMs = request.NowMs,
        Surface = request.Surface,
    };

    private static CandidateList ListOf(int[] items)
    {
        var list = new CandidateList();
        foreach (var item in items)
            list.Add(item, 1);
        return list;
    }
}
