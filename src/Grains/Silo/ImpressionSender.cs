namespace Recs.Grains.Silo;

/// <summary>
/// Collects the impressions of a silo's pages and sends them to the log's partitions a few times a second. At most
/// <see cref="Cap"/> wait; a further one is dropped and counted: it costs a training row, never a page. Thread-safe.
/// </summary>
internal sealed class ImpressionSender(SiloEngine engine, IGrainFactory grains)
{
    private const int Cap = 20_000;
    private const int BatchRecords = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>A page begun before a removal may still try to log its impression; past every deadline it cannot.</summary>
    private static readonly TimeSpan PagesInFlight = Limits.MaxDeadline + TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Dictionary<string, long> _forgottenAt = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private List<Waiting> _waiting = [];
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = Task.Run(LoopAsync);

    /// <param name="record">What the page showed.</param>
    /// <param name="pageStarted">Timestamp at which the page was begun.</param>
    public void Add(ImpressionRecord record, long pageStarted)
    {
        lock (_gate)
        {
            if (record.UserId is { } user && _forgottenAt.TryGetValue(user, out var at) && pageStarted <= at)
                return;
            if (_waiting.Count < Cap)
            {
                _waiting.Add(new Waiting(record.UserId ?? record.RequestId, ImpressionCodec.Encode(record)));
                return;
            }
        }

        engine.Metrics.ImpressionLost();
    }

    /// <summary>Drops what waits for these users, and refuses what pages begun before now would add.</summary>
    public async Task ForgetAsync(IReadOnlyCollection<string> userIds)
    {
        var now = engine.Time.GetTimestamp();
        lock (_gate)
        {
            foreach (var id in userIds)
                _forgottenAt[id] = now;
            _waiting.RemoveAll(w => userIds.Contains(w.Key));
        }

        // A batch that is on its way may hold some of them: it has arrived when the sender is free.
        await _sending.WaitAsync();
        _sending.Release();
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loop;
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(Interval, engine.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await SendAsync();
                lock (_gate)
                {
                    foreach (var (id, at) in _forgottenAt.ToArray())
                    {
                        if (engine.Time.GetElapsedTime(at) > PagesInFlight)
                            _forgottenAt.Remove(id);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task SendAsync()
    {
        await _sending.WaitAsync(_stop.Token);
        try
        {
            List<Waiting> taken;
            lock (_gate)
            {
                (taken, _waiting) = (_waiting, []);
            }

            foreach (var partition in taken.GroupBy(w => StableHash.Bucket(w.Key, engine.Options.LogPartitions)))
            {
                foreach (var chunk in partition.Chunk(BatchRecords))
                {
                    try
                    {
                        await grains.GetGrain<IEventLogGrain>(partition.Key).AppendImpressionsAsync(Array.ConvertAll(chunk, w => w.Record)).WaitAsync(_stop.Token);
                    }
                    catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
                    {
                        engine.Logger.LogWarning("{Records} impression records were not kept: {Problem}", chunk.Length, e.Message);
                        foreach (var _ in chunk)
                            engine.Metrics.ImpressionLost();
                    }
                }
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    private sealed record Waiting(string Key, byte[] Record);
}
