using StackExchange.Redis;

namespace Recs.Silo.Redis;

/// <summary>The silo's one connection to Redis, opened when it is first needed. Thread-safe.</summary>
internal sealed class RedisConnection(ConfigurationOptions settings) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private Task<IConnectionMultiplexer>? _open;

    /// <exception cref="RecommenderException">Redis cannot be reached.</exception>
    public Task<IConnectionMultiplexer> OpenAsync()
    {
        lock (_gate)
            return _open ??= ConnectAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_open is { IsCompletedSuccessfully: true })
            await (await _open).DisposeAsync();
    }

    private async Task<IConnectionMultiplexer> ConnectAsync()
    {
        try
        {
            return await ConnectionMultiplexer.ConnectAsync(settings);
        }
        catch (RedisConnectionException e)
        {
            throw new RecommenderException(RefusalKind.NotReady, $"Redis at {string.Join(", ", settings.EndPoints)} cannot be reached ({e.FailureType}); is it running, and is --redis right?", e);
        }
    }
}
