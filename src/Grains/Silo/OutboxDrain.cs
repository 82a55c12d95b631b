using System.Threading.Channels;

namespace Recs.Grains.Silo;

/// <summary>
/// Sends the outboxes of a silo's users to the event log, many frames in one message: one loop per partition, which
/// keeps each user's frames in order and sends a batch until the partition has it. Bounded: see <see cref="CheckRoom"/>.
/// Thread-safe.
/// </summary>
internal sealed class OutboxDrain(SiloEngine engine, IGrainFactory grains)
{
    private const int BatchFrames = 1_000, BatchBytes = 2 << 20;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20), LongestPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private Channel<Pending>[] _queues = [];
    private long _pending;

    /// <summary>Frames that wait.</summary>
    public long PendingFrames => Interlocked.Read(ref _pending);

    public void Start()
    {
        _queues = [.. Enumerable.Range(0, engine.Options.LogPartitions).Select(_ => Channel.CreateUnbounded<Pending>(new() { SingleReader = true }))];
        for (var p = 0; p < _queues.Length; p++)
        {
            var partition = p;
            _loops.Add(Task.Run(() => LoopAsync(partition)));
        }
    }

    /// <summary>Refuses new events while the log is too far behind.</summary>
    public void CheckRoom()
    {
        if (PendingFrames >= engine.Options.PendingCap)
        {
            throw new RecommenderException(RefusalKind.Overloaded, $"{PendingFrames} batches of events wait for the event log, which is the cap.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }
    }

    /// <summary>Completes when the log has the frame; fails only when the silo stops first.</summary>
    public Task SendAsync(string userId, byte[] frame)
    {
        var pending = new Pending(frame, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        Interlocked.Increment(ref _pending);
        if (!_queues[StableHash.Bucket(userId, _queues.Length)].Writer.TryWrite(pending))
        {
            Interlocked.Decrement(ref _pending);
            pending.Done.SetCanceled();
        }

        return pending.Done.Task;
    }

    /// <summary>Waits until what waits now was sent, for at most this long.</summary>
    public async Task FlushAsync(TimeSpan patience)
    {
        var until = engine.Time.GetTimestamp() + (long)(patience.TotalSeconds * engine.Time.TimestampFrequency);
        while (PendingFrames > 0 && engine.Time.GetTimestamp() < until)
            await Task.Delay(TimeSpan.FromMilliseconds(2), engine.Time);
    }

    public async Task StopAsync()
    {
        foreach (var queue in _queues)
            queue.Writer.TryComplete();
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
    }

    private async Task LoopAsync(int partition)
    {
        var queue = _queues[partition].Reader;
        var log = grains.GetGrain<IEventLogGrain>(partition);
        var batch = new List<Pending>();
        try
        {
            while (await queue.WaitToReadAsync(_stop.Token))
            {
                var bytes = 0;
                while (batch.Count < BatchFrames && bytes < BatchBytes && queue.TryRead(out var pending))
                {
                    batch.Add(pending);
                    bytes += pending.Frame.Length;
                }

                await SendAsync(log, partition, batch);
                Interlocked.Add(ref _pending, -batch.Count);
                batch.Clear();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: what was not sent is in its users' states.
        }
        finally
        {
            foreach (var pending in batch)
                pending.Done.TrySetCanceled();
            while (queue.TryRead(out var pending))
                pending.Done.TrySetCanceled();
        }
    }

    private async Task SendAsync(IEventLogGrain log, int partition, List<Pending> batch)
    {
        var frames = batch.ConvertAll(p => p.Frame).ToArray();
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks)))
        {
            try
            {
                await log.AppendAsync(frames).WaitAsync(_stop.Token);
                foreach (var pending in batch)
                    pending.Done.TrySetResult();
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
            {
                engine.Logger.LogWarning("Log partition {Partition} did not take {Frames} frames, they are sent again: {Problem}", partition, frames.Length, e.Message);
                await Task.Delay(pause, engine.Time, _stop.Token);
            }
        }
    }

    private sealed record Pending(byte[] Frame, TaskCompletionSource Done);
}
