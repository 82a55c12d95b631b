using System.Globalization;
using System.Text;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// Encoded sessions on disk by user id: append-only checksummed files with an index in memory, rewritten when more than
/// half of one is stale. The event log is the truth; this saves replaying it. Thread-safe: one call at a time, and
/// rewriting gives the lock back between files.
/// </summary>
public sealed class SessionStore : IAsyncDisposable
{
    /// <summary>A file is closed past this size, so that rewriting one stays short.</summary>
    private const long FileBytes = 32L << 20;

    /// <summary>A store smaller than this is not worth compacting.</summary>
    private const long MinBytesToCompact = 4L << 20;

    private const string Extension = ".sessions";

    private readonly string _directory;
    private readonly IStorageFiles _files;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, SessionFile> _open = [];
    private readonly SessionIndex _index = new();
    private readonly Func<SessionPlace, byte[], bool> _holds;
    private SessionFile _active = null!;
    private (long NextOrdinal, byte[] State) _checkpoint;

    private SessionStore(string directory, IStorageFiles files)
    {
        _directory = directory;
        _files = files;
        _holds = (place, id) => IdAt(place).AsSpan().SequenceEqual(id);
    }

    /// <summary>Opens or creates; a torn tail is cut, a damaged record is dropped and counted (the log has its events).</summary>
    public static SessionStore Open(string directory, out StoreRecovery recovery) =>
        Open(directory, DiskFiles.Instance, out recovery);

    internal static SessionStore Open(string directory, IStorageFiles files, out StoreRecovery recovery)
    {
        Directory.CreateDirectory(directory);
        files.DeleteTemporaries(directory);
        var store = new SessionStore(directory, files);
        try
        {
            recovery = store.Load();
            return store;
        }
        catch
        {
            store.Close();
            throw;
        }
    }

    public long Count
    {
        get
        {
            lock (_lock)
                return _index.Count;
        }
    }

    /// <summary>Bytes of the session files on disk.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _open.Values.Sum(file => file.Length);
        }
    }

    /// <summary>Bytes of memory that the index takes.</summary>
    public long IndexBytes
    {
        get
        {
            lock (_lock)
                return _index.Bytes;
        }
    }

    /// <summary>The last checkpoint: replay the event log from here. (0, empty) for a new store.</summary>
    public (long NextOrdinal, byte[] State) LastCheckpoint
    {
        get
        {
            lock (_lock)
                return _checkpoint;
        }
    }

    /// <summary>The session as last put; null for none. Throws <see cref="InvalidDataException"/> when the disk lost it.</summary>
    public byte[]? TryGet(string userId)
    {
        var id = SessionRecord.IdBytes(userId);
        lock (_lock)
        {
            if (_index.Find(SessionRecord.HashOf(id), id, _holds) is not { } place)
                return null;
            var record = _open[place.File].Read(place.Offset, place.Length);
            return SessionRecord.TryRead(record, record.AsSpan(SessionRecord.HeaderBytes), out _, out var blob)
                ? blob.ToArray()
                : throw new InvalidDataException($"The session at {place.Offset} of '{_open[place.File].Path}' is damaged.");
        }
    }

    public bool Contains(string userId)
    {
        var id = SessionRecord.IdBytes(userId);
        lock (_lock)
            return _index.Find(SessionRecord.HashOf(id), id, _holds) is not null;
    }

    /// <summary>
    /// Writes without flushing; visible to <see cref="TryGet"/> on return. Throws <see cref="RecommenderException"/>
    /// (StorageFull) and keeps what was there when the disk does not take it.
    /// </summary>
    public void Put(string userId, ReadOnlySpan<byte> blob)
    {
        var id = SessionRecord.IdBytes(userId);
        var record = SessionRecord.Encode(id, blob);
        lock (_lock)
        {
            try
            {
                if (_active.Length >= FileBytes)
                    Roll();
                var place = new SessionPlace(_active.Number, _active.Append(record), record.Length);
                _active.LiveBytes += record.Length;
                if (_index.Set(SessionRecord.HashOf(id), place, id, _holds) is { } before)
                    _open[before.File].LiveBytes -= before.Length;
            }
            catch (Exception e) when (e.IsStorageFailure())
            {
                throw new RecommenderException(RefusalKind.StorageFull, $"A session could not be written to '{_active.Path}': {e.Message}", e);
            }
        }
    }

    /// <summary>
    /// Makes everything put so far durable, then records that the sessions hold the event log up to
    /// <paramref name="nextOrdinal"/> and keeps <paramref name="state"/> (counters, ledger) beside it.
    /// </summary>
    public void Checkpoint(long nextOrdinal, ReadOnlySpan<byte> state)
    {
        lock (_lock)
        {
            try
            {
                FlushAll();
                SessionCheckpointFile.Write(_files, CheckpointPath, nextOrdinal, state);
                _checkpoint = (nextOrdinal, state.ToArray());
            }
            catch (Exception e) when (e.IsStorageFailure())
            {
                throw new RecommenderException(RefusalKind.StorageFull, $"The session checkpoint could not be written to '{_directory}': {e.Message}", e);
            }
        }
    }

    public IEnumerable<string> UserIds()
    {
        int[] numbers;
        lock (_lock)
            numbers = [.. _open.Keys];
        foreach (var number in numbers)
        {
            List<string> ids = [];
            lock (_lock)
            {
                if (_open.TryGetValue(number, out var file))
                    ids.AddRange(LiveRecords(file).Select(live => Encoding.UTF8.GetString(live.Id)));
            }

            foreach (var id in ids)
                yield return id;
        }
    }

    /// <summary>Removes users and every byte of them from the files; returns files rewritten. Durable on return.</summary>
    public int Erase(IReadOnlyCollection<string> userIds)
    {
        var gone = userIds.Select(SessionRecord.IdBytes).ToArray();
        int[] numbers;
        lock (_lock)
        {
            foreach (var id in gone)
            {
                if (_index.Remove(SessionRecord.HashOf(id), id, _holds) is { } before)
                    _open[before.File].LiveBytes -= before.Length;
            }

            Roll();
            numbers = [.. _open.Keys.Where(n => n != _active.Number)];
        }

        return numbers.Count(number => RewriteIf(number, file => Names(file, gone)));
    }

    /// <summary>Rewrites the files of which more than half is stale; returns bytes freed.</summary>
    public long CompactIfStale()
    {
        int[] numbers;
        var before = Bytes;
        lock (_lock)
        {
            if (before < MinBytesToCompact || before < 2 * _open.Values.Sum(file => file.LiveBytes))
                return 0;
            Roll();
            numbers = [.. _open.Keys.Where(n => n != _active.Number)];
        }

        foreach (var number in numbers)
            RewriteIf(number, file => file.LiveBytes * 2 <= file.Length);
        return before - Bytes;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
            Close();
        return ValueTask.CompletedTask;
    }

    private string CheckpointPath => Path.Combine(_directory, "checkpoint");

    private StoreRecovery Load()
    {
        _checkpoint = SessionCheckpointFile.Read(CheckpointPath);
        long torn = 0, damaged = 0;
        var paths = Directory.EnumerateFiles(_directory, "*" + Extension).Order(StringComparer.Ordinal).ToArray();
        foreach (var path in paths)
        {
            var file = new SessionFile(_files, path, NumberOf(path));
            _open.Add(file.Number, file);
            _active = file;
            var end = 0L;
            foreach (var record in file.Scan())
            {
                end = record.Offset + record.Bytes.Length;
                if (!SessionRecord.TryRead(record.Header, record.Body, out var id, out _))
                {
                    damaged++;
                    continue;
                }

                var place = new SessionPlace(file.Number, record.Offset, record.Bytes.Length);
                file.LiveBytes += place.Length;
                if (_index.Set(SessionRecord.HashOf(id), place, id.ToArray(), _holds) is { } before)
                    _open[before.File].LiveBytes -= before.Length;
            }

            if (end == file.Length)
                continue;
            // Only the newest file may have been cut off by a crash; elsewhere the rest was lost after it was flushed.
            if (path == paths[^1])
                torn += file.Length - end;
            else
                damaged++;
            file.Cut(end);
        }

        if (_open.Count == 0)
            Roll();
        return new StoreRecovery(_index.Count, torn, damaged);
    }

    private static int NumberOf(string path) =>
        int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new InvalidDataException($"'{path}' does not belong into a session store.");

    private void Roll()
    {
        var number = _open.Count == 0 ? 1 : _open.Keys.Last() + 1;
        var path = Path.Combine(_directory, number.ToString("D8", CultureInfo.InvariantCulture) + Extension);
        var file = new SessionFile(_files, path, number);
        _files.FlushDirectory(_directory);
        _open.Add(number, file);
        _active = file;
    }

    private void FlushAll()
    {
        foreach (var file in _open.Values)
            file.Flush();
    }

    // What is stale here may have its newer version in a file that is not flushed yet: that comes first.
    private bool RewriteIf(int number, Func<SessionFile, bool> condition)
    {
        lock (_lock)
        {
            if (!_open.TryGetValue(number, out var file) || !condition(file))
                return false;
            FlushAll();
            var temporary = file.Path + StorageFilesExtensions.TemporarySuffix;
            var moved = new List<(ulong Hash, SessionPlace Before, SessionPlace After)>();
            _files.Delete(temporary);
            using (var copy = _files.Open(temporary))
            {
                var end = 0L;
                foreach (var (id, offset, record) in LiveRecords(file))
                {
                    copy.Write(record, end);
                    moved.Add((SessionRecord.HashOf(id), new SessionPlace(number, offset, record.Length), new SessionPlace(number, end, record.Length)));
                    end += record.Length;
                }

                copy.Flush();
            }

            _files.Rename(temporary, file.Path);
            _files.FlushDirectory(_directory);
            file.Dispose();
            var rewritten = new SessionFile(_files, file.Path, number) { LiveBytes = moved.Sum(m => (long)m.After.Length) };
            // All out before any is in: an old offset of one record may be the new offset of another.
            foreach (var (hash, before, _) in moved)
                _index.Remove(hash, before, static (place, wanted) => place == wanted);
            foreach (var (hash, _, after) in moved)
                _index.Set(hash, after, 0, static (_, _) => false);
            _open[number] = rewritten;
            if (moved.Count > 0)
                return true;
            rewritten.Dispose();
            _open.Remove(number);
            _files.Delete(file.Path);
            _files.FlushDirectory(_directory);
            return true;
        }
    }

    private IEnumerable<(byte[] Id, long Offset, byte[] Record)> LiveRecords(SessionFile file)
    {
        foreach (var record in file.Scan())
        {
            if (!SessionRecord.TryRead(record.Header, record.Body, out var span, out _))
                continue;
            var id = span.ToArray();
            if (_index.Find(SessionRecord.HashOf(id), id, _holds) is { } place && place.File == file.Number && place.Offset == record.Offset)
                yield return (id, record.Offset, record.Bytes.ToArray());
        }
    }

    private static bool Names(SessionFile file, byte[][] ids)
    {
        foreach (var record in file.Scan())
        {
            // A damaged record may hold anybody's bytes, so it counts as holding these.
            if (!SessionRecord.TryRead(record.Header, record.Body, out var id, out _))
                return true;
            foreach (var gone in ids)
            {
                if (id.SequenceEqual(gone))
                    return true;
            }
        }

        return false;
    }

    private byte[] IdAt(SessionPlace place)
    {
        var record = _open[place.File].Read(place.Offset, place.Length);
        return SessionRecord.TryRead(record, record.AsSpan(SessionRecord.HeaderBytes), out var id, out _)
            ? id.ToArray()
            : throw new InvalidDataException($"The session at {place.Offset} of '{_open[place.File].Path}' is damaged.");
    }

    private void Close()
    {
        foreach (var file in _open.Values)
            file.Dispose();
        _open.Clear();
    }
}

/// <param name="Sessions">Sessions found.</param>
/// <param name="TornBytes">Bytes cut from the tail.</param>
/// <param name="Damaged">Records dropped for a bad checksum.</param>
public sealed record StoreRecovery(long Sessions, long TornBytes, long Damaged);
