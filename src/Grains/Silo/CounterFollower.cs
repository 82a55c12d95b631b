namespace Recs.Grains.Silo;

/// <summary>
/// Follows the log's partitions, so that the silo's item counters are those of the whole cluster: what was counted so
/// far first, then record by record. Each event is counted once on every silo, a moment after its partition took it.
/// </summary>
internal sealed class CounterFollower(SiloEngine engine, IGrainFactory grains)
{
    /// <summary>Between two looks at a busy partition, so that many events travel in one message.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    /// <summary>Records of each partition that a silo reads again when it starts, for what is met in one visit.</summary>
    private const long RecentRecords = 20_000;

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];

    public void Start()
    {
        for (var p = 0; p < engine.Options.LogPartitions; p++)
        {
            var partition = p;
            _loops.Add(Task.Run(() => LoopAsync(partition)));
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
    }

    private async Task LoopAsync(int partition)
    {
        var log = grains.GetGrain<IEventLogGrain>(partition);
        long? next = null;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                next = next is { } from ? await FollowAsync(log, from) : await BeginAsync(log);
                await Task.Delay(Pause, engine.Time, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                engine.Logger.LogDebug("Counts of log partition {Partition} did not come: {Problem}", partition, e.Message);
                await Task.Delay(PauseAfterFailure, engine.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<long> BeginAsync(IEventLogGrain log)
    {
        var snapshot = await log.CountersAsync().WaitAsync(_stop.Token);
        // Visits are in no snapshot: the log's last part makes them again.
        for (var from = Math.Max(0, snapshot.NextOrdinal - RecentRecords); from < snapshot.NextOrdinal;)
        {
            var feed = await log.CountsSinceAsync(from).WaitAsync(_stop.Token);
            Visit(feed, Numbers(feed));
            if (feed.NextOrdinal <= from)
                break;
            from = feed.NextOrdinal;
        }

        // Last, so that a failure before it does not count anything twice.
        if (snapshot.Counters.Length > 0)
        {
            using var stream = new MemoryStream(snapshot.Counters, writable: false);
            engine.Counters.Add(stream, engine.Catalog);
        }

        return snapshot.NextOrdinal;
    }

    private async Task<long> FollowAsync(IEventLogGrain log, long from)
    {
        var feed = await log.CountsSinceAsync(from).WaitAsync(_stop.Token);
        if (feed.StartOver)
        {
            // What was dropped is older than the log's retention: nothing of it would weigh any longer.
            engine.Logger.LogWarning("Records {From} to {Next} of a log partition were dropped before they were counted.", from, feed.NextOrdinal);
        }

        var numbers = Numbers(feed);
        Visit(feed, numbers);
        for (var i = 0; i < feed.Item.Length; i++)
        {
            engine.Counters.Count(
                numbers[feed.Item[i]], (InteractionType)feed.Type[i], feed.AtMs[i], double.IsNaN(feed.Weight[i]) ? null : feed.Weight[i]);
        }

        return feed.NextOrdinal;
    }

    private int[] Numbers(CounterFeed feed) => Array.ConvertAll(feed.ItemIds, engine.Catalog.Intern);

    private void Visit(CounterFeed feed, int[] numbers)
    {
        for (var i = 0; i < feed.Item.Length; i++)
            engine.Visit(feed.User[i], numbers[feed.Item[i]], (InteractionType)feed.Type[i], feed.AtMs[i], double.IsNaN(feed.Weight[i]) ? null : feed.Weight[i]);
    }
}
