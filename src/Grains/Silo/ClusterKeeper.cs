using Recs.Grains.Control;
using Recs.Grains.Placement;

namespace Recs.Grains.Silo;

/// <summary>
/// Keeps the cluster whole, from every silo: shard replicas and log partitions that are nowhere are activated, replicas
/// that are not where they belong move there one at a time, newer models are rolled out, missed catalogue writes fetched.
/// </summary>
internal sealed class ClusterKeeper(
    SiloEngine engine, CatalogReplica catalog, Silos silos, ILocalSiloDetails local, IGrainFactory grains)
{
    private static readonly TimeSpan PingPatience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];

    public void Start()
    {
        _loops.Add(Task.Run(() => LoopAsync("shards", KeepShardsAsync)));
        _loops.Add(Task.Run(() => LoopAsync("log partitions", KeepLogAsync)));
        _loops.Add(Task.Run(() => LoopAsync("catalogue", catalog.CatchUpAsync)));
        _loops.Add(Task.Run(() => LoopAsync("models and rules", KeepModelsAsync)));
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
    }

    private async Task KeepShardsAsync()
    {
        var active = silos.Active();
        var mine = local.SiloAddress.ToParsableString();
        var keys = from shard in Enumerable.Range(0, engine.Options.Shards)
                   from replica in Enumerable.Range(0, engine.Options.Replicas)
                   select new ShardKey(ClusterNames.Behaviour, shard, replica);
        var health = new Dictionary<ShardKey, ShardHealth?>();
        foreach (var key in keys)
            health[key] = await PingAsync(key);
        if (active.Count == 0)
            return;
        foreach (var (key, replica) in health)
        {
            // Each silo sends away only what it holds itself.
            if (replica?.Silo != mine || !MayMove(key, replica, health, active))
                continue;
            engine.Logger.LogInformation("Shard {Shard} moves to where it belongs.", key);
            await grains.GetGrain<IIndexShardGrain>(key.ToString()).MoveAsync();
            return;
        }
    }

    /// <summary>
    /// Whether a replica is misplaced and can be spared while it loads at its new place. One that holds nothing always can:
    /// before the first model none does, and to wait would be to wait for ever. One that holds a model can while all other
    /// replicas of its shard have it too. Of several that are misplaced the first goes first: each silo decides for its own
    /// from the same pings, and two would send both replicas of a shard away at once.
    /// </summary>
    internal static bool MayMove(
        ShardKey key, ShardHealth replica, IReadOnlyDictionary<ShardKey, ShardHealth?> health, IReadOnlyCollection<SiloAddress> active)
    {
        if (IsPlaced(key, replica, active))
            return false;
        if (replica.Models.Length == 0)
            return true;
        var others = health.Where(h => h.Key.Space == key.Space && h.Key.Shard == key.Shard && h.Key.Replica != key.Replica).ToArray();
        return others.Length > 0 && others.All(o => StandsIn(o.Key, o.Value));

        bool StandsIn(ShardKey otherKey, ShardHealth? other) =>
            other is not null && other.Models.Intersect(replica.Models).Any()
            && (otherKey.Replica > key.Replica || IsPlaced(otherKey, other, active));
    }

    private static bool IsPlaced(ShardKey key, ShardHealth replica, IReadOnlyCollection<SiloAddress> active) =>
        SpreadPlacementDirector.Ideal(key.SpreadNumber, active).ToParsableString() == replica.Silo;

    private async Task<ShardHealth?> PingAsync(ShardKey key)
    {
        try
        {
            return await grains.GetGrain<IIndexShardGrain>(key.ToString()).PingAsync().WaitAsync(PingPatience, engine.Time, _stop.Token);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return null;
        }
    }

    private async Task KeepLogAsync()
    {
        for (var p = 0; p < engine.Options.LogPartitions; p++)
            await grains.GetGrain<IEventLogGrain>(p).FiguresAsync().WaitAsync(PingPatience, engine.Time, _stop.Token);
    }

    private async Task KeepModelsAsync()
    {
        engine.Rules.Refresh();
        engine.Scoring.Refresh();
        if (engine.Models.Newest() is { } newest && newest != engine.Models.Current?.Version)
            await grains.GetGrain<IControlGrain>(0).RollOutModelAsync();
    }

    private async Task LoopAsync(string name, Func<Task> work)
    {
        using var timer = new PeriodicTimer(engine.Options.KeepInterval, engine.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await work();
                }
                catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
                {
                    engine.Logger.LogDebug("Keeping the {Name} failed and is tried again: {Problem}", name, e.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
