using System.Globalization;

namespace Recs.Cluster.Tests.Chaos;

/// <summary>
/// Asks every replica of every shard, again and again, whether it can be searched, and writes down what it says. It asks
/// through every silo at once and hears the first one: an answer must not go missing because a gateway hangs.
/// </summary>
internal sealed class ShardWatch(Func<IReadOnlyList<IGrainFactory>> doors, int shards, int replicas, RunHistory history, Func<TimeSpan> now, TimeProvider time)
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
        var key = string.Create(CultureInfo.InvariantCulture, $"{ClusterNames.Behaviour}/{shard}/{replica}");
        var asked = doors().Select(door => PingAsync(door, key)).ToList();
        while (asked.Count > 0)
        {
            var answered = await Task.WhenAny(asked);
            asked.Remove(answered);
            if (await answered is { } health)
                return new ShardLook(now(), shard, replica, health.Silo, health.Models.Length > 0);
        }

        return new ShardLook(now(), shard, replica, null, Ready: false);
    }

    private async Task<ShardHealth?> PingAsync(IGrainFactory door, string key)
    {
        try
        {
            return await door.GetGrain<IIndexShardGrain>(key).PingAsync().WaitAsync(Patience, time);
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException or RefusalException or ObjectDisposedException or OperationCanceledException)
        {
            // The last two: the door was closed meanwhile.
            return null;
        }
    }
}
