using System.Globalization;

namespace Recs.Cluster.Tests.Chaos;

/// <summary>Asks every replica of every shard, again and again, whether it can be searched, and writes down what it says.</summary>
internal sealed class ShardWatch(IGrainFactory grains, int shards, int replicas, RunHistory history, Func<TimeSpan> now, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150), Patience = TimeSpan.FromSeconds(1);

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(
        from shard in Enumerable.Range(0, shards)
        from replica in Enumerable.Range(0, replicas)
        select Task.Run(() => WatchAsync(shard, replica, stop), CancellationToken.None));

    /// <summary>Completes when all replicas are ready, those of one shard on different silos.</summary>
    public async Task SpreadAsync(TimeSpan patience)
    {
        using var until = new CancellationTokenSource(patience, time);
        while (true)
        {
            var looks = await Task.WhenAll(
                from shard in Enumerable.Range(0, shards)
                from replica in Enumerable.Range(0, replicas)
                select LookAsync(shard, replica));
            if (looks.All(l => l.Ready) && looks.GroupBy(l => l.Shard).All(s => s.DistinctBy(l => l.Silo).Count() == replicas))
                return;
            if (until.IsCancellationRequested)
                throw new TimeoutException($"The replicas are not spread: {string.Join("; ", looks.AsEnumerable())}");
            await Task.Delay(Pause, time);
        }
    }

    private async Task WatchAsync(int shard, int replica, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            history.Add(await LookAsync(shard, replica));
            await Task.Delay(Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<ShardLook> LookAsync(int shard, int replica)
    {
        try
        {
            var key = string.Create(CultureInfo.InvariantCulture, $"{ClusterNames.Behaviour}/{shard}/{replica}");
            var health = await grains.GetGrain<IIndexShardGrain>(key).PingAsync().WaitAsync(Patience, time);
            return new ShardLook(now(), shard, replica, health.Silo, health.Models.Length > 0);
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException or RefusalException)
        {
            return new ShardLook(now(), shard, replica, null, Ready: false);
        }
    }
}
