namespace Recs.Engine.Catalog;

/// <summary>
/// The catalogue's log: every write durable before it is acknowledged, then applied to the catalogue in memory.
/// Thread-safe; one write at a time, pages never wait for one.
/// </summary>
public sealed class CatalogStore : IAsyncDisposable
{
    /// <summary>Compacting is not worth it below this many records.</summary>
    private const long MinRecordsToCompact = 1_000;

    /// <summary>Of one record that a compaction writes.</summary>
    private const long MaxVectorBytes = 2L << 20;

    private readonly SegmentedLog _log;
    private readonly ItemCatalog _catalog;
    private readonly SemaphoreSlim _writing = new(1, 1);

    // What the catalogue takes when written anew, as of the last time it was counted.
    private long _liveBytes;

    private CatalogStore(SegmentedLog log, ItemCatalog catalog)
    {
        _log = log;
        _catalog = catalog;
    }

    /// <summary>Small segments, so that a compaction frees them; records large enough for a full batch of large items.</summary>
    public static SegmentedLogOptions LogOptions { get; } = new() { SegmentBytes = 4L << 20, MaxRecordBytes = 64 << 20 };

    /// <summary>The record that the next write will be.</summary>
    public long NextOrdinal => _log.NextOrdinal;

    /// <summary>
    /// Encoded records from an ordinal on, up to about <paramref name="bytes"/> of them: ask again from
    /// <paramref name="next"/> until there is nothing. After a compaction the older ones are gone and the first record here
    /// is a later one; those that replaced them hold the whole catalogue.
    /// </summary>
    public IReadOnlyList<byte[]> ReadFrom(long ordinal, long bytes, out long next)
    {
        var records = new List<byte[]>();
        next = Math.Max(ordinal, 0);
        foreach (var record in _log.Read(ordinal))
        {
            records.Add(record.Payload.ToArray());
            next = record.Ordinal + 1;
            bytes -= record.Payload.Length;
            if (bytes <= 0)
                break;
        }

        return records;
    }

    /// <summary>Applies one encoded record, as <see cref="Open"/> does with those of a folder.</summary>
    public static void Apply(ReadOnlySpan<byte> record, ItemCatalog catalog) => Apply(CatalogEntry.Decode(record), catalog);

    /// <summary>Opens or creates the log in a folder and replays it into <paramref name="catalog"/>.</summary>
    public static CatalogStore Open(string directory, SegmentedLogOptions options, ItemCatalog catalog, out LogRecovery recovery)
    {
        var log = SegmentedLog.Open(directory, options, out recovery);
        foreach (var record in log.Read(log.FirstOrdinal))
            Apply(CatalogEntry.Decode(record.Payload.Span), catalog);
        return new CatalogStore(log, catalog);
    }

    /// <summary>Replays a log that another process may be writing; returns the record that comes next.</summary>
    public static long ReadInto(string directory, ItemCatalog catalog)
    {
        long next = 0;
        if (!Directory.Exists(directory))
            return next;
        foreach (var record in SegmentedLog.ReadFolder(directory))
        {
            Apply(record.Payload.Span, catalog);
            next = record.Ordinal + 1;
        }

        return next;
    }

    /// <summary>Validates, logs, applies: all or nothing. Items equal to what is there are not logged.</summary>
    public async ValueTask<CatalogReceipt> UpsertAsync(
        IReadOnlyList<Item> items, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        ItemCatalog.Validate(items);
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var changes = _catalog.Changes(items, now);
            if (changes.Count == 0)
                return new CatalogReceipt(0, 0, items.Count, _catalog.Version);
            await _log.AppendAsync(new CatalogEntry { Upsert = changes }.Encode(), CancellationToken.None).ConfigureAwait(false);
            // What was logged, and not what the caller may have written over meanwhile.
            return _catalog.Replay(changes) with { Unchanged = items.Count - changes.Count };
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Deletes; durable and gone on return. False when there was none.</summary>
    public async ValueTask<bool> DeleteAsync(string itemId, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_catalog.Get(itemId) is null)
                return false;
            await _log.AppendAsync(new CatalogEntry { Delete = itemId }.Encode(), CancellationToken.None).ConfigureAwait(false);
            return _catalog.Delete(itemId);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>
    /// Appends the catalogue as it is and drops the segments before it, when the log holds more than twice as many bytes
    /// as that takes. Deleted ids stay known. A crash in between leaves the old records before the new ones, which
    /// replay to the same catalogue.
    /// </summary>
    public async ValueTask CompactIfStaleAsync(CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_log.NextOrdinal - _log.FirstOrdinal < MinRecordsToCompact || _log.Bytes < 2 * _liveBytes)
                return;
            _liveBytes = Live().Sum(entry => (long)entry.Encode().Length);
            if (_log.Bytes < 2 * _liveBytes)
                return;
            _log.Roll();
            var from = _log.NextOrdinal;
            foreach (var entry in Live())
                await _log.AppendAsync(entry.Encode(), CancellationToken.None).ConfigureAwait(false);
            _log.DropBefore(from);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _log.DisposeAsync().ConfigureAwait(false);
        _writing.Dispose();
    }

    private static void Apply(CatalogEntry? entry, ItemCatalog catalog)
    {
        if (entry?.Upsert is { Count: > 0 } items)
            catalog.Replay(items);
        if (entry?.Delete is { } id)
            catalog.Delete(id);
        foreach (var known in entry?.Known ?? [])
        {
            catalog.Recall(known);
            // A reader may have come upon this record past a deletion that was dropped under it.
            catalog.Delete(known);
        }
    }

    private IEnumerable<CatalogEntry> Live()
    {
        var most = (int)Math.Clamp(MaxVectorBytes / Math.Max(1, _catalog.Vectors.Spaces.Sum(s => s.BytesOfOne)), 1, Limits.MaxItemsPerBatch);
        var items = new List<Item>(most);
        var known = new List<string>(Limits.MaxItemsPerBatch);
        for (var number = 0; number < _catalog.Count; number++)
        {
            if (_catalog.Get(number) is { } present)
                items.Add(_catalog.Vectors.Of(number, all: true) is { } vectors ? present.Item with { Vectors = vectors } : present.Item);
            else
                known.Add(_catalog.IdOf(number));
            if (items.Count == most)
            {
                yield return new CatalogEntry { Upsert = [.. items] };
                items.Clear();
            }

            if (known.Count == Limits.MaxItemsPerBatch)
            {
                yield return new CatalogEntry { Known = [.. known] };
                known.Clear();
            }
        }

        yield return new CatalogEntry { Upsert = items, Known = known };
    }
}
