using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Recs.Engine.Monitoring;
using Recs.Engine.Ranking.Objectives;
using Recs.Engine.Ranking.Shadow;
using Recs.Engine.Tests.Retrieval;

namespace Recs.Engine.Tests.Ranking.Shadow;

public sealed class ShadowScorerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-shadow-").FullName;
    private readonly RetrievalWorld _world = new(300, 3);
    private readonly RecommenderMetrics _metrics = new(TimeProvider.System);
    private readonly ManualTime _time = new();

    public void Dispose()
    {
        _metrics.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Distances_of_two_orders_are_those_worked_out_by_hand()
    {
        // Orders 0 1 2 3 and 0 2 1 3: squared rank differences 0 + 1 + 1 + 0, so rho = 1 - 6 x 2 / (4 x 15) = 0.8.
        var close = ScoreDistance.Of([10, 11, 12, 13], [4f, 3f, 2f, 1f], [5f, 2f, 4f, 0f]);
        Assert.Equal(0.8, close.Correlation, 1e-12);
        Assert.Equal(1, close.Overlap);
        // Shifts 1, -1, 2, -1: mean 1/4, variance (9 + 25 + 49 + 25) / 64 = 27/16.
        Assert.Equal(0.25, close.Mean, 1e-12);
        Assert.Equal(Math.Sqrt(27.0 / 16), close.Deviation, 1e-12);
        Assert.Equal([0, 2, 1, 3], close.ShadowOrder);

        Assert.Equal(-1, ScoreDistance.Of([1, 2, 3], [1f, 2f, 3f], [3f, 2f, 1f]).Correlation, 1e-12);
        Assert.Equal(1, ScoreDistance.Of([1], [1f], [7f]).Correlation);
        // Twenty items in opposite orders share none of the first ten.
        var items = Enumerable.Range(0, 20).ToArray();
        Assert.Equal(0, ScoreDistance.Of(items, [.. items.Select(i => (float)i)], [.. items.Select(i => -(float)i)]).Overlap);
    }

    [Fact]
    public async Task A_page_is_compared_with_what_the_shadow_makes_of_the_same_candidates()
    {
        var shadowModel = ScoringRequests.Model(_world, "shadow", ScoringRequests.OneFeature("item_log_price", 1));
        var shadow = Shadow(_ => shadowModel);
        var request = ScoringRequests.Of(_world, _world.Model);
        var folded = FoldIn.VectorFor(request.Session, _world.Model);
        var scores = (await new LocalScorer(new FeatureAssembler(_world.Catalog, _world.Counters)).ScoreAsync(request, default)).Scores;
        shadow.Offer(new ShadowJob(request, scores, "page-1", 0));
        await shadow.Idle;

        // The shadow's score is the logarithm of the price, by its definition.
        var byPrice = Enumerable.Range(0, scores.Length).Select(c => Math.Log(1 + (_world.Catalog.Get(request.Candidates.Items[c])!.Item.Price ?? 0))).ToArray();
        var expected = ScoreDistance.Of(request.Candidates.Items.AsSpan(0, scores.Length), scores, [.. byPrice.Select(p => (float)p)]);
        var figures = shadow.Figures!;
        Assert.Equal(("shadow", 1L, 0L, null), (figures.Model, figures.Pages, figures.Dropped, figures.Problem));
        Assert.Equal(expected.Correlation, figures.RankCorrelation, 1e-6);
        Assert.Equal(expected.Overlap, figures.TopOverlap, 1e-9);
        Assert.Equal(byPrice.Average() - scores.Average(), figures.MeanShift, 1e-3);

        using var line = JsonDocument.Parse(File.ReadAllLines(Directory.GetFiles(_folder).Single()).Single());
        Assert.DoesNotContain("page-1", line.RootElement.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(0, line.RootElement.GetProperty("at").GetDateTimeOffset().Ticks % TimeSpan.TicksPerMinute);
        Assert.Equal(_world.Catalog.IdOf(request.Candidates.Items[expected.ShadowOrder[0]]), line.RootElement.GetProperty("shadowTop")[0].GetString());
        Assert.Equal(10, line.RootElement.GetProperty("servingTop").GetArrayLength());
        Assert.DoesNotContain(line.RootElement.EnumerateObject(), p => p.Name.Contains("user", StringComparison.OrdinalIgnoreCase));
        // The vector that pages use is still the session's: the shadow's was not put in its place.
        Assert.Same(folded, FoldIn.VectorFor(request.Session, _world.Model));
    }

    [Fact]
    public async Task What_comes_while_the_shadow_is_behind_is_passed_over_and_counted()
    {
        using var entered = new SemaphoreSlim(0);
        using var held = new ManualResetEventSlim();
        var model = ScoringRequests.Model(_world, "shadow");
        var shadow = Shadow(_ =>
        {
            entered.Release();
            held.Wait();
            return model;
        });
        var request = ScoringRequests.Of(_world, _world.Model);
        var job = new ShadowJob(request, new float[request.Candidates.Count], "p", 0);
        Assert.True(shadow.Offer(job));
        await entered.WaitAsync();
        // Whose candidates it keeps, it says.
        Assert.Equal(ShadowScorer.QueueCap, Enumerable.Range(0, ShadowScorer.QueueCap + 3).Count(_ => shadow.Offer(job)));
        Assert.Equal((0L, 3L), (shadow.Figures!.Pages, shadow.Figures.Dropped));
        held.Set();
        await shadow.Idle;
        Assert.Equal((1L + ShadowScorer.QueueCap, 3L), (shadow.Figures!.Pages, shadow.Figures.Dropped));
    }

    [Fact]
    public async Task A_shadow_that_does_not_load_is_reported_and_looked_at_again_later()
    {
        var loads = 0;
        var shadow = Shadow(_ => ++loads == 1 ? throw new InvalidDataException("half of it is missing") : ScoringRequests.Model(_world, "shadow"));
        var request = ScoringRequests.Of(_world, _world.Model);
        await OfferAsync();
        Assert.Equal("half of it is missing", shadow.Figures!.Problem);
        await OfferAsync();
        Assert.Equal(1, loads);
        _time.Advance(TimeSpan.FromSeconds(11));
        await OfferAsync();
        Assert.Equal((2, 1L, null), (loads, shadow.Figures!.Pages, shadow.Figures.Problem));

        async Task OfferAsync()
        {
            shadow.Offer(new ShadowJob(request, new float[request.Candidates.Count], "p", 0));
            await shadow.Idle;
        }
    }

    [Fact]
    public async Task It_scores_the_share_asked_for_and_never_beside_itself()
    {
        var shadow = Shadow(_ => ScoringRequests.Model(_world, "shadow"), share: 0.25);
        var request = ScoringRequests.Of(_world, _world.Model);
        foreach (var seed in new[] { int.MinValue, 0, -1, 1 << 29 })
        {
            // 0 and 2^29 lie in the first quarter of the seeds.
            Assert.Equal(seed >= 0, shadow.Offer(new ShadowJob(request, new float[request.Candidates.Count], "p", seed)));
            await shadow.Idle;
        }

        Assert.Equal(2, shadow.Figures!.Pages);
        Assert.False(shadow.Offer(new ShadowJob(ScoringRequests.Of(_world, ScoringRequests.Model(_world, "shadow")), new float[1_000], "p", 0)));
        await shadow.Idle;
        Assert.Equal(2, shadow.Figures!.Pages);
    }

    [Fact]
    public void The_log_keeps_its_newest_part_and_a_bounded_number_of_files()
    {
        for (var i = 0; i < 30; i++)
            File.WriteAllText(Path.Combine(_folder, $"{Environment.MachineName}-{1_000_000_000 + i}.jsonl"), "{}");
        var log = new ShadowLog(_folder, maxFileBytes: 2_000);
        for (var i = 0; i < 100; i++)
            log.Append(new ShadowComparison(DateTimeOffset.UnixEpoch, $"surface-{i}", "a", "b", 1, 1, 1, 0, 0, ["x"], ["x"]));
        var files = Directory.GetFiles(_folder);
        Assert.InRange(files.Length, 1, ShadowLog.MaxFiles);
        var own = files.Where(f => f.Contains($"{Environment.MachineName}-{Environment.ProcessId}.", StringComparison.Ordinal)).ToArray();
        Assert.InRange(own.Length, 1, 2);
        Assert.All(own, f => Assert.InRange(new FileInfo(f).Length, 1, 2_300));
        Assert.Contains(own.SelectMany(File.ReadAllLines), l => l.Contains("surface-99", StringComparison.Ordinal));
    }

    [Fact]
    public void Figures_of_several_processes_weigh_by_pages()
    {
        var sum = ShadowFigures.Sum([new("m", 1, 2, 1, 0.5, 4, null), null, new("m", 3, 5, 0, 0.1, 0, "bad")])!;
        Assert.Equal(new ShadowFigures("m", 4, 7, 0.25, 0.2, 1, "bad"), sum with { TopOverlap = Math.Round(sum.TopOverlap, 12) });
        Assert.Null(ShadowFigures.Sum([null]));
    }

    private ShadowScorer Shadow(Func<string, RecommenderModel> load, double share = 1)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("recs-scoring-").FullName, "scoring.json");
        ScoringBook.SetShadow(file, new ShadowSettings("shadow", share));
        var book = new ScoringBook(file, NullLogger.Instance);
        book.Refresh();
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        return new ShadowScorer(
            book, load, new ShadowLog(_folder), new FeatureAssembler(_world.Catalog, _world.Counters), _metrics, _time, NullLogger.Instance);
    }
}
