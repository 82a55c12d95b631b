using Recs.Engine.Storage;

namespace Recs.Engine.Events;

/// <summary>
/// The one writer of a log: takes all that is queued, writes it at once, flushes once, completes it all. It owns the
/// active segment's file.
/// </summary>
internal sealed class LogWriter
{
    private const int MaxBatchBytes = 4 << 20;

    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private readonly SegmentSet _segments;
    private readonly SegmentedLogOptions _options;
    private readonly AppendQueue _queue;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer? _timer;
    private readonly List<PendingAppend> _batch = [];
    private IStorageFile _file;
    private byte[] _buffer = new byte[64 << 10];
    private long _flushedTo;
    private Exception? _flushProblem;
    private Exception? _broken;

    /// <param name="segments">The segments; the active one's content is flushed.</param>
    /// <param name="file">The active segment's file.</param>
    /// <param name="options">Validated.</param>
    /// <param name="queue">Where appends arrive.</param>
    public LogWriter(SegmentSet segments, IStorageFile file, SegmentedLogOptions options, AppendQueue queue)
    {
        _segments = segments;
        _file = file;
        _options = options;
        _queue = queue;
        _flushedTo = segments.Active.Bytes;
        new Thread(Run) { IsBackground = true, Name = "log writer" }.Start();
        if (options.Flush == FlushPolicy.EverySecond)
            _timer = options.Time.CreateTimer(_ => RequestFlush(), null, FlushInterval, FlushInterval);
    }

    /// <summary>Closes the active segment and begins another; on return the closed one is flushed and never changes by appends.</summary>
    public void RollNow()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(() =>
        {
            try
            {
                if (_broken is not null)
                    throw _broken;
                if (_segments.Active.End > _segments.Active.BaseOrdinal)
                    Roll();
                done.SetResult();
            }
            catch (Exception problem)
            {
                done.SetException(problem);
            }
        });
        done.Task.GetAwaiter().GetResult();
    }

    /// <summary>Writes what is queued, flushes and ends.</summary>
    public async Task StopAsync()
    {
        if (_timer is not null)
            await _timer.DisposeAsync().ConfigureAwait(false);
        _queue.Close();
        await _ended.Task.ConfigureAwait(false);
    }

    private void Run()
    {
        Exception? problem = null;
        while (_queue.Take(_batch, Math.Min(MaxBatchBytes, _options.RollBytes), out var errand))
        {
            if (errand is not null)
                errand();
            else
                Commit();
        }
        try
        {
            if (_broken is null)
                Flush();
        }
        catch (Exception caught)
        {
            problem = caught.IsStorageFailure() ? Refusal("The log could not be flushed", caught) : caught;
        }
        _file.Dispose();
        if (problem is null)
            _ended.SetResult();
        else
            _ended.SetException(problem);
    }

    private void Commit()
    {
        long first;
        try
        {
            RefuseWhatDoesNotFit();
            if (_batch.Count == 0)
                return;
            if (_broken is not null)
                throw _broken;
            if (_flushProblem is not null)
                WriteAgainWhatWasNotFlushed();
            var bytes = BatchBytes();
            if (_segments.Active.Bytes + bytes > _options.RollBytes && _segments.Active.End > _segments.Active.BaseOrdinal)
                Roll();
            first = Write(bytes);
        }
        catch (Exception problem)
        {
            // Whatever it is, nobody may wait for ever, and the writer lives on.
            var refusal = problem.IsStorageFailure() ? Refusal("The record could not be written", problem) : problem;
            foreach (var append in _batch)
                append.Fail(refusal);
            return;
        }
        for (var i = 0; i < _batch.Count; i++)
            _batch[i].Succeed(first + i);
    }

    /// <summary>Writes the batch at the end of the active segment, whole or not at all; returns its first ordinal.</summary>
    private long Write(int bytes)
    {
        var active = _segments.Active;
        if (_buffer.Length < bytes)
            _buffer = new byte[bytes];
        var at = 0;
        foreach (var append in _batch)
            at += SegmentFormat.WriteRecord(_buffer.AsSpan(at), active.BaseOrdinal, append.Payload.Span, _flushedTo);
        try
        {
            _file.Write(_buffer.AsSpan(0, bytes), active.Bytes);
            if (_options.Flush == FlushPolicy.EveryCommit)
                _file.Flush();
        }
        catch (Exception problem) when (problem.IsStorageFailure())
        {
            throw Refusal("The record could not be written", Undo(problem));
        }
        if (_buffer.Length > MaxBatchBytes)
            _buffer = new byte[64 << 10];
        var first = active.End;
        active.Mark(first, active.Bytes);
        active.Bytes += bytes;
        if (_options.Flush == FlushPolicy.EveryCommit)
            _flushedTo = active.Bytes;
        active.End = first + _batch.Count;
        return first;
    }

    /// <summary>Takes away what a failed write left; returns all that went wrong.</summary>
    private Exception Undo(Exception problem)
    {
        try
        {
            _file.Truncate(_segments.Active.Bytes);
        }
        catch (Exception second) when (second.IsStorageFailure())
        {
            var both = new AggregateException(problem, second);
            _broken = Refusal("A failed write could not be taken back, so the log takes nothing more until it is opened again", both);
            return both;
        }
        try
        {
            _file.Flush();
        }
        catch (Exception second) when (second.IsStorageFailure())
        {
            return new AggregateException(problem, second);
        }
        return problem;
    }

    private void RefuseWhatDoesNotFit()
    {
        if (_options.MaxBytes is not { } cap)
            return;
        var room = cap - _segments.Bytes;
        if (room >= BatchBytes() + SegmentFormat.HeaderBytes)
            return;
        if (_options.DropOldest)
        {
            DropOldest(cap);
            room = cap - _segments.Bytes;
        }
        var kept = 0;
        for (var i = 0; i < _batch.Count; i++)
        {
            var append = _batch[i];
            if (append.RecordBytes + SegmentFormat.HeaderBytes > room)
            {
                append.Fail(new RecommenderException(
                    RefusalKind.StorageFull, $"The log has reached its cap of {cap} bytes; raise it or let old events go."));
                continue;
            }
            room -= append.RecordBytes;
            _batch[kept++] = append;
        }
        _batch.RemoveRange(kept, _batch.Count - kept);
    }

    private void DropOldest(long cap)
    {
        var needed = BatchBytes() + SegmentFormat.HeaderBytes;
        _segments.DropWhile(_ => _segments.Bytes + needed > cap);
    }

    private void Roll()
    {
        Flush();
        var end = _segments.Active.End;
        IStorageFile next;
        try
        {
            next = _segments.Roll();
        }
        catch (Exception problem) when (problem.IsStorageFailure() && File.Exists(_segments.PathOf(end)))
        {
            // The next segment has its name, but perhaps not for good: a record more in this one would contradict it.
            _broken = Refusal("A segment was begun but not made durable, so the log takes nothing more until it is opened again", problem);
            throw _broken;
        }
        _file.Dispose();
        _file = next;
        _flushedTo = SegmentFormat.HeaderBytes;
    }

    private void Flush()
    {
        if (_flushedTo == _segments.Active.Bytes && _flushProblem is null)
            return;
        _file.Flush();
        _flushedTo = _segments.Active.Bytes;
        _flushProblem = null;
    }

    private void RequestFlush()
    {
        try
        {
            _queue.Add(() =>
            {
                if (_broken is not null)
                    return;
                try
                {
                    Flush();
                }
                catch (Exception problem) when (problem.IsStorageFailure())
                {
                    _flushProblem = problem;
                }
            });
        }
        catch (ObjectDisposedException)
        {
            // The log was closed between the timer's tick and here; closing flushes.
        }
    }

    // After a failed fsync the system may hold the pages for clean, so flushing again alone would prove nothing.
    private void WriteAgainWhatWasNotFlushed()
    {
        var active = _segments.Active;
        var bytes = new byte[64 << 10];
        using var reading = DiskFiles.OpenForReading(_segments.PathOf(active.BaseOrdinal));
        for (var at = _flushedTo; at < active.Bytes;)
        {
            var read = RandomAccess.Read(reading, bytes.AsSpan(0, (int)Math.Min(bytes.Length, active.Bytes - at)), at);
            if (read == 0)
                throw new IOException($"'{_segments.PathOf(active.BaseOrdinal)}' ended at {at}, before {active.Bytes}.");
            _file.Write(bytes.AsSpan(0, read), at);
            at += read;
        }
        Flush();
    }

    private int BatchBytes()
    {
        var sum = 0;
        foreach (var append in _batch)
            sum += append.RecordBytes;
        return sum;
    }

    private static RecommenderException Refusal(string what, Exception cause) =>
        new(RefusalKind.StorageFull, $"{what}: {cause.Message}", cause);
}
