namespace Recs.Engine.Retrieval.Vectors;

/// <summary>
/// Merging: what was written since the last merge is encoded and joins its lists, what was removed goes. It learns anew
/// when the vectors have doubled, or as many were written as there are. Searches go on meanwhile, and so do writes up to a cap.
/// </summary>
public sealed partial class VectorIndex
{
    // Scanned one float vector after the other, so bounded in bytes: 512 KiB is read in some 20 us.
    private const int DeltaBytes = 512 << 10;

    // Writers wait for the merge beyond this many times the size that starts one.
    private const int DeltaOverrun = 8;

    private readonly List<int> _changed = [];
    private readonly Lock _merge = new();
    private Task _background = Task.CompletedTask;
    private volatile Exception? _failure;
    private bool _merging, _scheduled;
    private long _written;

    /// <summary>Writes that start a merge.</summary>
    private int DeltaLimit => Math.Min(Math.Max(64, DeltaBytes / (4 * Space.Dimension)), Math.Max(128, Count / 512));

    private bool MergeIsDue => _state.Delta.Count + _state.Live.Removed / 4 >= DeltaLimit;

    /// <summary>Whether a merge has taken what it merges and has not ended.</summary>
    internal bool MergeRuns
    {
        get
        {
            lock (_write)
                return _merging;
        }
    }

    /// <summary>The merge in the background, or the last one.</summary>
    internal Task Merging
    {
        get
        {
            lock (_write)
                return _background;
        }
    }

    /// <summary>Why the last merge failed; null when it did not. Nothing is lost by it: the next write tries again.</summary>
    public Exception? MergeFailure => _failure;

    /// <summary>Merges on this thread; returns when every write that was visible before is merged. Others may write and search meanwhile.</summary>
    public void Merge()
    {
        lock (_merge)
            MergeOnce(retrain: false);
    }

    /// <summary>As <see cref="Merge"/>, learning everything anew: what a fresh build would give.</summary>
    public void Rebuild()
    {
        lock (_merge)
            MergeOnce(retrain: true);
    }

    private void Adopt(MasterVectors masters, int[] items, int[] rows)
    {
        var segment = items.Length == 0 ? null : SegmentBuilder.Build(Learn(masters, rows), Space.Metric, masters, items, rows);
        Volatile.Write(ref _state, new IndexState(masters, segment, LiveSlots.All(segment?.Blocks ?? 0), DeltaView.Empty));
        Calibrate(_state);
    }

    private Quantizer Learn(MasterVectors masters, int[] rows) => QuantizerTraining.Train(
        Space, n => masters[rows[n]], rows.Length, _options.Lists > 0 ? _options.Lists : QuantizerTraining.ListsFor(rows.Length), _options.Seed);

    // Under the write lock.
    private void Publish(IndexState state, int item)
    {
        Volatile.Write(ref _state, state);
        _written++;
        if (_merging)
            _changed.Add(item);
        if (!_options.MergeInBackground || _scheduled || !MergeIsDue)
            return;
        _scheduled = true;
        _background = Task.Run(MergeUntilDone);
    }

    // What is written during a merge may call for the next one, with no write to come that would start it.
    private void MergeUntilDone()
    {
        while (true)
        {
            try
            {
                Merge();
            }
            catch
            {
                // Nobody awaits it: MergeFailure tells of it, and so does the write that finds no room.
                lock (_write)
                    _scheduled = false;
                return;
            }

            lock (_write)
            {
                if (MergeIsDue)
                    continue;
                _scheduled = false;
                return;
            }
        }
    }

    // Under the write lock, which a merge needs to end: waiting for one lets go of it.
    private void MakeRoom()
    {
        while (_state.Delta.Count >= DeltaLimit * DeltaOverrun)
        {
            _write.Exit();
            try
            {
                Merge();
            }
            catch (Exception problem)
            {
                throw new RecommenderException(
                    RefusalKind.Overloaded, $"Space '{Space.Name}' takes no further vectors, because merging those it took fails: {problem.Message}", problem)
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                };
            }
            finally
            {
                _write.Enter();
            }
        }
    }

    private void MergeOnce(bool retrain)
    {
        IndexState frozen;
        lock (_write)
        {
            frozen = _state;
            if (!retrain && frozen.Delta.Count == 0 && !frozen.Live.AnyRemoved)
                return;
            _merging = true;
            _changed.Clear();
        }
        try
        {
            _options.OnMerge?.Invoke();
            var learned = frozen.Segment?.Quantizer.Parts.TrainedOn ?? 0;
            retrain |= frozen.Segment is null || frozen.Count > 2 * learned || _written > Math.Max(2048, learned);
            var (masters, compacted) = Compact(frozen);
            var segment = frozen.Count == 0 ? null
                : retrain ? Relearn(frozen, masters, compacted)
                : SegmentMerge.Merge(frozen, masters, compacted);
            if (retrain && segment is not null)
                Calibrate(new IndexState(masters, segment, LiveSlots.All(segment.Blocks), DeltaView.Empty));
            lock (_write)
                Swap(frozen, masters, segment, retrain);
        }
        catch (Exception problem)
        {
            _failure = problem;
            throw;
        }
        finally
        {
            lock (_write)
                _merging = false;
        }
    }

    /// <summary>A new store when a quarter of the vectors belongs to nobody; else the same one.</summary>
    private (MasterVectors Masters, bool Compacted) Compact(IndexState frozen)
    {
        int rows;
        lock (_write)
            rows = frozen.Masters.Appended;
        return rows - frozen.Count > Math.Max(1024, frozen.Count / 4)
            ? (new MasterVectors(Space.Dimension, frozen.Count), true)
            : (frozen.Masters, false);
    }

    private Segment Relearn(IndexState frozen, MasterVectors masters, bool compacted)
    {
        var (items, rows) = SegmentMerge.LiveEntries(frozen);
        for (var n = 0; n < rows.Length && compacted; n++)
            rows[n] = masters.Append(frozen.Masters[rows[n]]);
        return SegmentBuilder.Build(Learn(masters, rows), Space.Metric, masters, items, rows);
    }

    // Under the write lock: what was written during the merge stays, as the new delta and as removals from the new segment.
    private void Swap(IndexState frozen, MasterVectors masters, Segment? segment, bool retrained)
    {
        var current = _state;
        var live = LiveSlots.All(segment?.Blocks ?? 0);
        foreach (var item in _changed)
        {
            if (segment is not null && item < segment.SlotOfItem.Length && segment.SlotOfItem[item] is >= 0 and var slot && live.Has(slot))
                live = live.Without(slot);
        }
        // Beside what is there, which stays as it is when this finds no memory.
        var (delta, deltaOf) = (DeltaView.Empty, new Dictionary<int, int>());
        for (var entry = frozen.Delta.Count; entry < current.Delta.Count; entry++)
        {
            if (!current.Delta.Has(entry))
                continue;
            var (item, row) = (current.Delta.ItemAt(entry), current.Delta.RowAt(entry));
            if (masters != current.Masters)
                row = masters.Append(current.Masters[row]);
            deltaOf[item] = delta.Count;
            delta = delta.With(item, row);
        }
        if (retrained)
            _written = _changed.Count;
        var merged = new IndexState(masters, segment, live, delta);
        (_deltaOf, _failure) = (deltaOf, null);
        Volatile.Write(ref _state, merged);
    }
}
