namespace Recs.Engine.Events;

/// <summary>
/// What waits for the log's writer: records, a due flush, errands. Bounded by bytes. The writer is woken once for what comes
/// within <paramref name="linger"/>. Thread-safe.
/// </summary>
internal sealed class AppendQueue(long maxQueuedBytes, TimeSpan linger = default)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly LinkedList<PendingAppend> _appends = new();
    private readonly Queue<Action> _errands = new();
    private long _bytes;
    private bool _closed;

    // The writer waits for a first record: only then is there somebody to wake.
    private bool _idle;

    // When the writer takes what there is: so long after the first of it came.
    private long _dueMs;

    /// <summary>Queues; refuses as Overloaded when the bound is reached.</summary>
    public Task<long> Add(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var append = new PendingAppend(payload);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SegmentedLog));
            if (_bytes > 0 && _bytes + append.QueuedBytes > maxQueuedBytes)
                throw new RecommenderException(
                    RefusalKind.Overloaded,
                    $"{_bytes} bytes wait to be written and {append.QueuedBytes} more would pass the bound of {maxQueuedBytes}; try again.")
                {
                    RetryAfter = RetryAfter,
                };
            if (_appends.Count == 0)
                _dueMs = Environment.TickCount64 + (long)linger.TotalMilliseconds;
            _appends.AddLast(append.Node);
            _bytes += append.QueuedBytes;
            if (_idle || IsFilling)
                Monitor.Pulse(_gate);
        }
        if (cancellationToken.CanBeCanceled)
            append.OnCancellation(cancellationToken, Withdraw);
        return append.Task;
    }

    /// <summary>Has the writer do something between two commits.</summary>
    public void Add(Action errand)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SegmentedLog));
            _errands.Enqueue(errand);
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Lets nothing further in; what is queued is still taken.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>
    /// Waits for work. Fills <paramref name="batch"/> in order up to about <paramref name="maxBytes"/> (at least one),
    /// or hands out an errand; false when closed and empty.
    /// </summary>
    public bool Take(List<PendingAppend> batch, long maxBytes, out Action? errand)
    {
        batch.Clear();
        errand = null;
        lock (_gate)
        {
            while (true)
            {
                while (_appends.Count == 0 && _errands.Count == 0)
                {
                    if (_closed)
                        return false;
                    _idle = true;
                    Monitor.Wait(_gate);
                    _idle = false;
                }

                // Errands and the end do not wait for more records, nor does a queue that fills up.
                if (_errands.Count > 0 || _closed || IsFilling || _dueMs - Environment.TickCount64 is not (var left and > 0))
                    break;
                Monitor.Wait(_gate, (int)left);
            }

            if (_errands.TryDequeue(out errand))
                return true;
            long taken = 0;
            while (_appends.First is { } first && (taken == 0 || taken + first.Value.RecordBytes <= maxBytes))
            {
                _appends.RemoveFirst();
                batch.Add(first.Value);
                taken += first.Value.RecordBytes;
                _bytes -= first.Value.QueuedBytes;
            }
            return true;
        }
    }

    private bool IsFilling => _bytes >= maxQueuedBytes / 2;

    private void Withdraw(PendingAppend append, CancellationToken token)
    {
        lock (_gate)
        {
            if (append.Node.List is null)
                return;
            _appends.Remove(append.Node);
            _bytes -= append.QueuedBytes;
        }
        append.Withdraw(token);
    }
}
