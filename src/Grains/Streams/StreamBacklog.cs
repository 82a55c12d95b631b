using Recs.Grains.Silo;

namespace Recs.Grains.Streams;

/// <summary>Tells how many published events wait in the stream provider.</summary>
public interface IStreamMeter
{
    /// <summary>Entries stored and not yet delivered; also trims those that every consumer is past.</summary>
    Task<long> MeasureAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Refuses to publish while the stream's backlog is at its cap, so that nothing is ever trimmed unread. The backlog is
/// measured every second; in between, what was published is added. Thread-safe.
/// </summary>
internal sealed class StreamBacklog(SiloEngine engine, IEnumerable<IStreamMeter> meters)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;
    private long _backlog;

    public long Backlog => Interlocked.Read(ref _backlog);

    public void Start() => _loop = Task.Run(LoopAsync);

    public void CheckRoom(int events)
    {
        if (Interlocked.Add(ref _backlog, events) <= engine.Options.StreamBacklogCap)
            return;
        Interlocked.Add(ref _backlog, -events);
        throw new RecommenderException(RefusalKind.Overloaded, $"{Backlog} published events wait to be applied; the cap is {engine.Options.StreamBacklogCap}.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };
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
                long backlog = 0;
                foreach (var meter in meters)
                {
                    try
                    {
                        backlog += await meter.MeasureAsync(_stop.Token);
                    }
                    catch (Exception e) when (e is not OperationCanceledException)
                    {
                        engine.Logger.LogWarning("The event stream's backlog could not be measured: {Problem}", e.Message);
                        backlog += Backlog;
                    }
                }

                Interlocked.Exchange(ref _backlog, backlog);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
