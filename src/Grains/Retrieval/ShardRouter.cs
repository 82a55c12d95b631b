using System.Collections.Concurrent;
using Recs.Grains.Hosting;

namespace Recs.Grains.Retrieval;

/// <summary>
/// Asks every shard of a space, one replica first and another one when it does not answer soon or is not ready, and puts
/// the answers together. Thread-safe.
/// </summary>
internal sealed class ShardRouter(IGrainFactory grains, RecommenderClusterOptions options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, IIndexShardGrain[]> _shards = new(StringComparer.Ordinal);
    private int _turn;

    public int Shards => options.Shards;

    /// <summary>One answer per shard, in their order.</summary>
    /// <param name="space">Name of the vector space.</param>
    /// <param name="queryOf">The query of a shard.</param>
    /// <param name="cancellationToken">The deadline. What has not come by then fails the call: half an answer would not say that it is half.</param>
    public async Task<ShardAnswer[]> SearchAsync(string space, Func<int, ShardQuery> queryOf, CancellationToken cancellationToken)
    {
        // Replicas take turns, so that each has its share of the searches.
        var first = (int)((uint)Interlocked.Increment(ref _turn) % (uint)options.Replicas);
        var replicas = _shards.GetOrAdd(space, ReplicasOf);
        var asked = new Task<ShardAnswer>[options.Shards];
        for (var shard = 0; shard < asked.Length; shard++)
            asked[shard] = AskAsync(replicas.AsMemory(shard * options.Replicas, options.Replicas), first, queryOf(shard), cancellationToken);
        return await Task.WhenAll(asked).ConfigureAwait(false);
    }

    // The replicas of one shard beside each other. A reference is good for as long as the process lives.
    private IIndexShardGrain[] ReplicasOf(string space) =>
    [
        .. from shard in Enumerable.Range(0, options.Shards)
           from replica in Enumerable.Range(0, options.Replicas)
           select grains.GetGrain<IIndexShardGrain>(new ShardKey(space, shard, replica).ToString()),
    ];

    private async Task<ShardAnswer> AskAsync(ReadOnlyMemory<IIndexShardGrain> replicas, int first, ShardQuery query, CancellationToken cancellationToken)
    {
        var running = new List<Task<ShardAnswer>>(options.Replicas);
        Exception? problem = null;
        for (var n = 0; ; n++)
        {
            if (n < options.Replicas)
                running.Add(replicas.Span[(first + n) % options.Replicas].SearchAsync(query));
            if (running.Count == 0)
                throw problem ?? new TimeoutException("No replica of a shard is ready.");

            var any = Task.WhenAny(running);
            if (n < options.Replicas - 1 && !any.IsCompleted)
            {
                // Nobody answers soon: the next replica is asked as well, and whoever answers first is heard.
                using var hedge = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var pause = Task.Delay(options.HedgeAfter, time, hedge.Token);
                if (await Task.WhenAny(any, pause).ConfigureAwait(false) == pause)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    continue;
                }

                await hedge.CancelAsync().ConfigureAwait(false);
            }

            var done = await any.WaitAsync(cancellationToken).ConfigureAwait(false);
            running.Remove(done);
            if (done.IsCompletedSuccessfully && done.Result.Ready)
                return done.Result;
            problem = done.Exception?.InnerException ?? problem;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
