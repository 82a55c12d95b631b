using Recs.Grains.Silo;

namespace Recs.Grains;

/// <inheritdoc cref="IPageGrain"/>
[StatelessWorker]
internal sealed class PageGrain(SiloEngine engine, ImpressionSender impressions) : Grain, IPageGrain
{
    public Task<Page> RecommendWithoutSessionAsync(PageRequest request)
    {
        var started = Begin();
        PageRules.Check(request);
        return MakeAsync(PagePlans.For(request, UserSession.Empty(request.UserId), late: true, started, engine.Options.DefaultDeadline));
    }

    public Task<Page> SimilarAsync(SimilarRequest request)
    {
        var started = Begin();
        PageRules.Check(request);
        return MakeAsync(PagePlans.For(
            request, engine.Catalog, UserSession.Empty(request.UserId ?? ""), late: request.UserId is not null, started, engine.Options.DefaultDeadline));
    }

    public Task<Page> TrendingAsync(TrendingRequest request)
    {
        var started = Begin();
        PageRules.Check(request);
        return MakeAsync(PagePlans.For(
            request, UserSession.Empty(request.UserId ?? ""), late: request.UserId is not null, started, engine.Options.DefaultDeadline));
    }

    public Task<Item?> GetItemAsync(string itemId)
    {
        engine.CheckReady();
        IdRules.Check("itemId", itemId);
        return Task.FromResult(engine.Catalog.Read(itemId));
    }

    public Task<IReadOnlyList<ModelInfo>> ModelsAsync() => Task.FromResult(engine.Models.List());

    public Task<RuleSet> RulesAsync() => Task.FromResult(engine.Rules.Current);

    private long Begin()
    {
        engine.CheckReady();
        return engine.Time.GetTimestamp();
    }

    private async Task<Page> MakeAsync(PagePlan plan)
    {
        // Off the turn: part of a page is worked out before its first wait, and others want their turn meanwhile.
        var made = await Task.Run(() => engine.Pipeline.MakeAsync(plan, engine.Models.Current, CancellationToken.None).AsTask());
        impressions.Add(made.Impression, plan.Started);
        return made.Page;
    }
}
