using Recs.Grains.Placement;
using Recs.Grains.Silo;

namespace Recs.Grains.Control;

/// <inheritdoc cref="IControlGrain"/>
[SpreadPlacement]
internal sealed class ControlGrain(
    [PersistentState("control", ClusterNames.Storage)] IPersistentState<ControlRecord> stored,
    SiloEngine engine, Silos silos, ClusterFigures figures) : Grain, IControlGrain
{
    private static readonly TimeSpan LoadPatience = TimeSpan.FromMinutes(5), SwitchPatience = TimeSpan.FromSeconds(15);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        this.RegisterGrainTimer(
            FinishForgettingAsync, new GrainTimerCreationOptions(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)));
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        return Task.CompletedTask;
    }

    public async Task<string?> RollOutModelAsync()
    {
        engine.Scoring.Refresh();
        if (engine.Models.Newest() is not { } version)
            return engine.Models.Current?.Version;
        var all = silos.Active().Select(s => s.ToParsableString()).ToArray();
        var refused = 0;
        var late = await silos.OnEachAsync(
            all,
            async agent =>
            {
                if (!await agent.PrepareModelAsync(version))
                    Interlocked.Increment(ref refused);
            },
            LoadPatience);
        if (refused > 0 || late.Count > 0)
        {
            engine.Logger.LogError("Model {Version} is not rolled out: {Refused} silos refused it, {Late} did not load it in time. The older one goes on.", version, refused, late.Count);
            return engine.Models.Current?.Version;
        }

        await PrepareShardsAsync(version);
        await silos.OnEachAsync(all, agent => agent.ActivateModelAsync(version), SwitchPatience);
        return version;
    }

    public async Task ReplaceRulesAsync(RuleSet rules)
    {
        engine.Rules.Replace(rules);
        var late = await silos.OnEachAsync(silos.Active().Select(s => s.ToParsableString()), agent => agent.RefreshRulesAsync(), SwitchPatience);
        if (late.Count > 0)
            throw new RecommenderException(RefusalKind.Overloaded, $"The rules are durable, but {string.Join(", ", late)} did not take them yet.") { RetryAfter = TimeSpan.FromSeconds(1) };
    }

    public async Task<ForgetReceipt> ForgetAsync(string userId)
    {
        IdRules.Check("userId", userId);
        var family = await FamilyAsync(userId);
        stored.State.Forgetting = [.. stored.State.Forgetting.Union(family, StringComparer.Ordinal)];
        await stored.WriteStateAsync();
        return await EraseAsync(userId, family);
    }

    public Task<RecommenderStatus> StatusAsync() => figures.ReadAsync();

    private async Task FinishForgettingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await EndForgettingAsync();
            if (stored.State.Forgetting.Length > 0)
                await EraseAsync(stored.State.Forgetting[0], stored.State.Forgetting);
        }
        catch (Exception e) when (e is RecommenderException or OrleansException or TimeoutException or IOException)
        {
            engine.Logger.LogWarning("Users could not be forgotten yet: {Problem}", e.Message);
        }
    }

    // The users first, so that nothing new comes; then what waits on the silos; then the logs. Only then, and durably noted,
    // may they begin anew: from there on nothing of theirs may be erased again.
    private async Task<ForgetReceipt> EraseAsync(string userId, string[] known)
    {
        var ids = await BeginForgettingAsync(known);
        var late = await silos.OnEachAsync(
            silos.Active().Select(s => s.ToParsableString()), agent => agent.ForgetAsync(ids), SwitchPatience);
        if (late.Count > 0)
            throw new RecommenderException(RefusalKind.Overloaded, $"The user is not removed yet: {string.Join(", ", late)} did not answer. It is tried again in the background.");
        ParkedEvents.ForgetLeft(engine.Options.ArtifactDirectory, ids, silos.Active());
        // Every partition: an impression is kept by its user, but a merge names two.
        var erasures = await Task.WhenAll(
            Enumerable.Range(0, engine.Options.LogPartitions).Select(p => GrainFactory.GetGrain<IEventLogGrain>(p).EraseAsync(ids)));
        stored.State.Forgetting = [.. stored.State.Forgetting.Except(ids, StringComparer.Ordinal)];
        stored.State.Ending = [.. stored.State.Ending.Union(ids, StringComparer.Ordinal)];
        await stored.WriteStateAsync();
        await EndForgettingAsync();
        return new ForgetReceipt(
            userId, ids, erasures.Sum(e => e.EventsRemoved), erasures.Sum(e => e.ImpressionsRemoved), erasures.Sum(e => e.FilesRewritten),
            erasures.Sum(e => e.BytesSearched), erasures.Sum(e => e.Remaining));
    }

    // A merge may have changed the family since it was asked for: each member says what it is at the moment it is frozen.
    private async Task<string[]> BeginForgettingAsync(string[] known)
    {
        var ids = known.ToList();
        for (var i = 0; i < ids.Count; i++)
        {
            var member = await User(ids[i]).BeginForgetAsync();
            var more = member.MergedGuests.Append(member.ForwardTo).OfType<string>().Except(ids, StringComparer.Ordinal).ToArray();
            if (more.Length == 0)
                continue;
            ids.AddRange(more);
            stored.State.Forgetting = [.. stored.State.Forgetting.Union(more, StringComparer.Ordinal)];
            await stored.WriteStateAsync();
        }

        return [.. ids];
    }

    private async Task EndForgettingAsync()
    {
        if (stored.State.Ending.Length == 0)
            return;
        foreach (var id in stored.State.Ending)
            await User(id).EndForgetAsync();
        stored.State.Ending = [];
        await stored.WriteStateAsync();
    }

    private async Task<string[]> FamilyAsync(string userId)
    {
        var family = new HashSet<string>(StringComparer.Ordinal);
        var ahead = new Queue<string>([userId]);
        while (ahead.TryDequeue(out var id))
        {
            if (!family.Add(id))
                continue;
            var member = await User(id).FamilyAsync();
            foreach (var guest in member.MergedGuests)
                ahead.Enqueue(guest);
            if (member.ForwardTo is { } target)
                ahead.Enqueue(target);
        }

        return [.. family];
    }

    private async Task PrepareShardsAsync(string version)
    {
        var shards =
            from shard in Enumerable.Range(0, engine.Options.Shards)
            from replica in Enumerable.Range(0, engine.Options.Replicas)
            select GrainFactory.GetGrain<IIndexShardGrain>(new ShardKey(ClusterNames.Behaviour, shard, replica).ToString()).PrepareAsync(version);
        try
        {
            await Task.WhenAll(shards).WaitAsync(LoadPatience, engine.Time);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or RecommenderException)
        {
            // A replica that could not be prepared loads when it is asked; the others serve.
            engine.Logger.LogWarning("Not every shard replica has model {Version} yet: {Problem}", version, e.Message);
        }
    }

    private IUserGrain User(string id) => GrainFactory.GetGrain<IUserGrain>(id);
}

/// <summary>What the control grain must not lose.</summary>
[GenerateSerializer, Alias("recs.control-record")]
public sealed class ControlRecord
{
    /// <summary>Users whose removal was begun.</summary>
    [Id(0)]
    public string[] Forgetting { get; set; } = [];

    /// <summary>Users that the logs are clear of, and that may begin anew as soon as they are told.</summary>
    [Id(1)]
    public string[] Ending { get; set; } = [];
}
