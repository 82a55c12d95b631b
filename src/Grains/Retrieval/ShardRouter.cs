using Recs.Grains.Hosting;

namespace Recs.Grains.Retrieval;

/// <summary>
/// Asks every shard of a space, one replica first and another one when it does not answer soon or is not ready, and puts
/// the answers together. Thread-safe.
/// </summary>
internal sealed class ShardRouter(IGrainFactory grains, RecommenderClusterOptions options, TimeProvider time)
{
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
        var asked = new Task<ShardAnswer>[options.Shards];
        for (var shard = 0; shard < asked.Length; shard++)
            asked[shard] = AskAsync(space, shard, first, queryOf(shard), cancellationToken);
        return await Task.WhenAll(asked).ConfigureAwait(false);
    }

    private async Task<ShardAnswer> AskAsync(string space, int shard, int first, ShardQuery query, CancellationToken cancellationToken)
    {
        var running = new List<Task<ShardAnswer>>(options.Replicas);
        Exception? problem = null;
        for (var n = 0; ; n++)
        {
            if (n < options.Replicas)
                running.Add(grains.GetGrain<IIndexShardGrain>(new ShardKey(space, shard, (first + n) % options.Replicas).ToString()).SearchAsync(query));
            if (running.Count == 0)
                throw problem ?? new TimeoutException($"No replica of shard {space}/{shard} is ready.");

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
