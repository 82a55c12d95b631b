using Microsoft.Extensions.Options;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using Orleans.Persistence;
using Orleans.Serialization;
using Orleans.Streams;
using Recs.Grains.Storage;
using Recs.Grains.Streams;
using Recs.Silo.Streams;
using StackExchange.Redis;

namespace Recs.Silo.Redis;

/// <summary>Keeps members, the grain directory, users and the event stream in one Redis, over one connection.</summary>
internal static class RedisSettings
{
    /// <summary>Queues of the event stream; part of the stored data's layout: other numbers would leave entries unread.</summary>
    public const int StreamQueues = 8;

    /// <summary>
    /// How long a batch that fails is delivered again before it is parked. What can never be applied is parked at once; the
    /// rest waits for storage or the log to come back, and giving up early would park everything.
    /// </summary>
    public static readonly TimeSpan MaxEventDeliveryTime = TimeSpan.FromHours(24);

    /// <exception cref="RecommenderException">The settings are not of the form that StackExchange.Redis reads.</exception>
    public static ConfigurationOptions Parse(string settings)
    {
        ConfigurationOptions options;
        try
        {
            options = ConfigurationOptions.Parse(settings);
        }
        catch (ArgumentException e)
        {
            throw new RecommenderException(RefusalKind.Invalid, $"--redis cannot be read: {e.Message} Legal is HOST:PORT, then StackExchange.Redis settings with commas between.", e);
        }

        if (options.EndPoints.Count == 0)
            throw RecommenderException.Invalid("--redis", settings, "HOST:PORT, such as localhost:6379");
        options.ClientName ??= "recs-silo";
        // A restart of Redis takes a second or two: try soon and often, within bounds.
        options.ReconnectRetryPolicy = new ExponentialRetry(200, 2_000);
        return options;
    }

    public static ISiloBuilder UseRedis(this ISiloBuilder silo, ConfigurationOptions settings)
    {
        var connection = new RedisConnection(settings);
        // Handed to the container so that it is closed after everything that uses it.
        silo.Services.AddSingleton(_ => connection);
        silo.UseRedisClustering(options =>
        {
            options.ConfigurationOptions = settings;
            options.CreateMultiplexer = async _ => (await connection.OpenAsync(), true);
        });
        silo.UseRedisGrainDirectoryAsDefault((RedisGrainDirectoryOptions options) =>
        {
            options.ConfigurationOptions = settings;
            options.CreateMultiplexer = async _ => (await connection.OpenAsync(), true);
        });
        silo.AddRedisGrainStorage(ClusterNames.Storage, (OptionsBuilder<RedisStorageOptions> builder) => builder.Configure<Serializer>((options, serializer) =>
        {
            options.ConfigurationOptions = settings;
            options.CreateMultiplexer = async _ => (await connection.OpenAsync(), true);
            options.GrainStorageSerializer = new BlobSerializer(serializer);
            options.DeleteStateOnClear = true;
        }));
        silo.AddRedisStreams(ClusterNames.Streams, streams =>
        {
            streams.ConfigureOptions((options, _) =>
            {
                options.ConfigurationOptions = settings;
                options.CreateMultiplexer = async _ => (await connection.OpenAsync(), true);
                options.CheckpointPersistInterval = TimeSpan.FromSeconds(1);
                // Trimming by length would drop entries that nobody has read; the meter trims behind the checkpoint.
                options.MaxStreamLength = null;
            });
            streams.ConfigurePartitioning(StreamQueues);
            streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            streams.ConfigurePullingAgent(agent => agent.Configure(options =>
            {
                options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(50);
                options.MaxEventDeliveryTime = MaxEventDeliveryTime;
            }));
        });
        silo.Services.ParkWhatStreamsGiveUp(ClusterNames.Streams);
        silo.Services.AddSingleton<IStreamMeter, RedisStreamMeter>();
        return silo;
    }
}
