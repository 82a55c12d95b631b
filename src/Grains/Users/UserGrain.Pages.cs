namespace Recs.Grains.Users;

/// <content>What is read of a user: never waits for a write.</content>
internal sealed partial class UserGrain
{
    /// <inheritdoc/>
    public async Task<Page> RecommendAsync(PageRequest request)
    {
        var started = _engine.Time.GetTimestamp();
        PageRules.Check(request);
        if (_session.ForwardTo is { } target)
            return await User(target).RecommendAsync(request);
        return await MakeAsync(PagePlans.For(request, _session, late: false, started, _engine.Options.DefaultDeadline));
    }

    /// <inheritdoc/>
    public async Task<Page> SimilarAsync(SimilarRequest request)
    {
        var started = _engine.Time.GetTimestamp();
        PageRules.Check(request);
        if (_session.ForwardTo is { } target)
            return await User(target).SimilarAsync(request);
        return await MakeAsync(PagePlans.For(request, _engine.Catalog, _session, late: false, started, _engine.Options.DefaultDeadline));
    }

    /// <inheritdoc/>
    public async Task<Page> TrendingAsync(TrendingRequest request)
    {
        var started = _engine.Time.GetTimestamp();
        PageRules.Check(request);
        if (_session.ForwardTo is { } target)
            return await User(target).TrendingAsync(request);
        return await MakeAsync(PagePlans.For(request, _session, late: false, started, _engine.Options.DefaultDeadline));
    }

    /// <inheritdoc/>
    public async Task<UserProfile?> ProfileAsync()
    {
        if (_session.ForwardTo is { } target)
            return await User(target).ProfileAsync();
        return _session.Sequence == 0 ? null : ProfileView.Of(_session, _engine.Catalog);
    }

    /// <inheritdoc/>
    public async Task<string> ResolveAsync() => _session.ForwardTo is { } target ? await User(target).ResolveAsync() : Id;

    private async Task<Page> MakeAsync(PagePlan plan)
    {
        // Off the turn: part of a page is worked out before its first wait, and others want their turn meanwhile.
        var made = await Task.Run(() => _engine.Pipeline.MakeAsync(plan, _engine.Models.Current, CancellationToken.None).AsTask());
        _impressions.Add(made.Impression, plan.Started);
        return made.Page;
    }
}
