using System.Globalization;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Streams;
using Recs.Grains.Streams;
using StackExchange.Redis;

namespace Recs.Silo.Redis;

/// <summary>
/// Counts the entries of the event stream that are not delivered yet, and drops those that are: the ones at or before the
/// checkpoint that the provider keeps for each of its queues. Several silos may do so at once. Thread-safe.
/// </summary>
internal sealed class RedisStreamMeter(RedisConnection connection, IOptions<ClusterOptions> cluster) : IStreamMeter
{
    private readonly string[] _keys =
        [.. new HashRingBasedStreamQueueMapper(new HashRingStreamQueueMapperOptions { TotalQueueCount = RedisSettings.StreamQueues }, ClusterNames.Streams)
            .GetAllQueues().Select(queue => $"{cluster.Value.ServiceId}/streaming/{ClusterNames.Streams}/{queue}")];

    public async Task<long> MeasureAsync(CancellationToken cancellationToken)
    {
        var redis = (await connection.OpenAsync()).GetDatabase();
        return (await Task.WhenAll(_keys.Select(key => MeasureAsync(redis, key))).WaitAsync(cancellationToken)).Sum();
    }

    private static async Task<long> MeasureAsync(IDatabase redis, string key)
    {
        var checkpoint = await redis.StringGetAsync($"{key}/checkpoint");
        if (checkpoint.HasValue)
            await redis.ExecuteAsync("XTRIM", (RedisKey)key, "MINID", After(checkpoint.ToString()));
        return await redis.StreamLengthAsync(key);
    }

    /// <summary>The id that follows this one: "5-7" gives "5-8".</summary>
    internal static string After(string id)
    {
        var dash = id.IndexOf('-', StringComparison.Ordinal);
        var (time, sequence) = dash < 0
            ? (ulong.Parse(id, CultureInfo.InvariantCulture), 0UL)
            : (ulong.Parse(id.AsSpan(0, dash), CultureInfo.InvariantCulture), ulong.Parse(id.AsSpan(dash + 1), CultureInfo.InvariantCulture));
        return sequence == ulong.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"{time + 1}-0")
            : string.Create(CultureInfo.InvariantCulture, $"{time}-{sequence + 1}");
    }
}
