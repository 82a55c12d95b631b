using Orleans.Placement;
using Recs.Grains.Placement;
using Recs.Grains.Silo;

namespace Recs.Grains.Retrieval;

/// <summary>
/// One replica of one shard. It is immovable for Orleans: its state is gigabytes that the artifact store has anyway, so it is
/// loaded anew where it belongs (<see cref="MoveAsync"/>, one replica at a time) rather than carried over.
/// </summary>
[SpreadPlacement, Immovable]
internal sealed class IndexShardGrain(SiloEngine engine, ILocalSiloDetails silo) : Grain, IIndexShardGrain
{
    /// <summary>Models held: the active one, and the one before or after it.</summary>
    private const int Held = 2;

    /// <summary>Searches that may run at one time in this process, of all shards.</summary>
    private static readonly SemaphoreSlim Pool = new(Math.Max(2, Environment.ProcessorCount));

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly List<ShardPartition> _partitions = [];
    private readonly Dictionary<string, Task<ShardPartition?>> _loading = new(StringComparer.Ordinal);
    private ShardKey _key;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = ShardKey.Parse(this.GetPrimaryKeyString());
        if (_key.Shard >= engine.Options.Shards || _key.Replica >= engine.Options.Replicas || _key.Space != ClusterNames.Behaviour)
            throw RecommenderException.Invalid("shard", this.GetPrimaryKeyString(), $"{ClusterNames.Behaviour}/0-{engine.Options.Shards - 1}/0-{engine.Options.Replicas - 1}");
        if (engine.Models.Current is { } model)
            _ = Begin(model.Version);
        return Task.CompletedTask;
    }

    public async Task<ShardAnswer> SearchAsync(ShardQuery query)
    {
        if (_partitions.Find(p => p.Version == query.ModelVersion) is not { } partition)
        {
            _ = Begin(query.ModelVersion);
            return new ShardAnswer { Ready = false };
        }

        // Off the turn, on an immutable snapshot, and never more at a time than there are cores. Whoever asked has given
        // up by the time that the patience ends; another replica may be less busy.
        if (!await Pool.WaitAsync(Patience))
            return new ShardAnswer { Ready = false };
        try
        {
            return await Task.Run(() => partition.Search(query));
        }
        finally
        {
            Pool.Release();
        }
    }

    public async Task PrepareAsync(string modelVersion)
    {
        if (!_partitions.Exists(p => p.Version == modelVersion) && await Begin(modelVersion) is null)
            throw new RecommenderException(RefusalKind.NotFound, $"Model '{modelVersion}' does not load on this silo.");
    }

    public Task<ShardHealth> PingAsync()
    {
        if (_partitions.Count == 0 && engine.Models.Current is { } model)
            _ = Begin(model.Version);
        return Task.FromResult(new ShardHealth
        {
            Silo = silo.SiloAddress.ToParsableString(),
            Models = [.. _partitions.Select(p => p.Version)],
            Vectors = _partitions.Count == 0 ? 0 : _partitions[^1].Vectors,
            Bytes = _partitions.Sum(p => p.Bytes),
        });
    }

    // A mere deactivation would not do: searches that the other silos address by their caches would bring the replica back
    // right here. A migration has the new place registered first, and sends after it what comes here.
    public Task MoveAsync()
    {
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    private Task<ShardPartition?> Begin(string version)
    {
        if (!_loading.TryGetValue(version, out var loading))
            _loading[version] = loading = LoadAsync(version);
        return loading;
    }

    private async Task<ShardPartition?> LoadAsync(string version)
    {
        try
        {
            // Never done before its caller has noted that it has begun.
            await Task.Yield();
            if (engine.Models.Find(version) is null)
                await engine.Models.PrepareAsync(version, CancellationToken.None);
            if (engine.Models.Find(version) is not { } model)
                return null;
            var started = engine.Time.GetTimestamp();
            var partition = await Task.Run(() => ShardPartition.Of(model, engine.Catalog, _key.Shard, engine.Options.Shards));
            _partitions.Add(partition);
            while (_partitions.Count > Held)
                _partitions.RemoveAt(0);
            engine.Logger.LogInformation(
                "Shard {Shard} holds {Vectors} vectors of model {Model} after {Ms:0} ms.", _key, partition.Vectors, version, engine.Time.GetElapsedTime(started).TotalMilliseconds);
            return partition;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or RecommenderException)
        {
            engine.Logger.LogError(e, "Shard {Shard} could not load model {Model}.", _key, version);
            return null;
        }
        finally
        {
            _loading.Remove(version);
        }
    }
}
