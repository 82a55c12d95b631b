using Recs.Engine.Events;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// Encoded sessions on disk by user id: append-only checksummed files with an index in memory, compacted when more
/// than half is stale. The event log is the truth; this saves replaying it. Thread-safe.
/// Failures of the disk are <see cref="RecommenderException"/> (StorageFull) and change nothing.
/// </summary>
public sealed class SessionStore : IAsyncDisposable
{
    private readonly SessionFiles _files;
    private readonly Lock _maintenance = new();
    private SessionCheckpoint _checkpoint;

    private SessionStore(SessionFiles files, SessionCheckpoint checkpoint)
    {
        _files = files;
        _checkpoint = checkpoint;
    }

    /// <summary>
    /// Opens or creates; a torn tail is cut, a damaged record is dropped and counted (the log has its events). After
    /// damage there is no checkpoint: an older session of the same user may have come forth, so the log has to be
    /// replayed from its beginning.
    /// </summary>
    public static SessionStore Open(string directory, out StoreRecovery recovery) =>
        Open(directory, SessionStoreSettings.Default, out recovery);

    internal static SessionStore Open(string directory, SessionStoreSettings settings, out StoreRecovery recovery)
    {
        var files = SessionStoreOpening.Open(directory, settings, out var checkpoint, out recovery);
        return new SessionStore(files, checkpoint);
    }

    public long Count => _files.Count;

    /// <summary>Size of the session files on disk.</summary>
    public long Bytes => _files.Bytes;

    /// <summary>The session put last, or null. Throws <see cref="InvalidDataException"/> when it was damaged since.</summary>
    public byte[]? TryGet(string userId) => _files.TryGet(SessionRecord.IdBytes(userId));

    public bool Contains(string userId) => _files.Contains(SessionRecord.IdBytes(userId));

    /// <summary>Writes without flushing; visible to <see cref="TryGet"/> on return.</summary>
    public void Put(string userId, ReadOnlySpan<byte> blob)
    {
        var payload = SessionRecord.Payload(SessionRecord.IdBytes(userId), blob);
        Guard(() => _files.Put(payload));
    }

    /// <summary>
    /// Makes everything put so far durable, then records that the sessions hold the event log up to
    /// <paramref name="nextOrdinal"/> and keeps <paramref name="state"/> (counters, ledger) beside it. After a crash
    /// this or the previous checkpoint is found. The state must not name a user: <see cref="Erase"/> leaves it alone.
    /// </summary>
    public void Checkpoint(long nextOrdinal, ReadOnlySpan<byte> state)
    {
        var kept = state.ToArray();
        lock (_maintenance)
            Guard(() => WriteCheckpoint(nextOrdinal, kept));
    }

    /// <summary>The last checkpoint: replay the event log from here. (0, empty) for a new store.</summary>
    public (long NextOrdinal, byte[] State) LastCheckpoint
    {
        get
        {
            var checkpoint = Volatile.Read(ref _checkpoint);
            return (checkpoint.NextOrdinal, checkpoint.State.AsSpan().ToArray());
        }
    }

    /// <summary>Everybody in the store when the enumeration began, in no order.</summary>
    public IEnumerable<string> UserIds() => _files.UserIds();

    /// <summary>
    /// Removes users and every byte of them from the files; returns files rewritten. Durable on return. A user put
    /// again meanwhile may stay: hold the user's turn.
    /// </summary>
    public int Erase(IReadOnlyCollection<string> userIds)
    {
        var rewritten = 0;
        lock (_maintenance)
            Guard(() => rewritten = new SessionEraser(_files, Weaken, userIds).Run());
        return rewritten;
    }

    /// <summary>Rewrites the live records when more than half of the bytes are stale; returns bytes freed.</summary>
    public long CompactIfStale()
    {
        long freed = 0;
        lock (_maintenance)
        {
            Guard(() =>
            {
                var before = _files.Bytes;
                var victims = _files.StaleFiles();
                if (victims.Count == 0)
                    return;
                foreach (var victim in victims)
                    SessionCompaction.CopyLive(_files, victim);
                // The copies are flushed, and the checkpoint says so, before the originals go.
                WriteCheckpoint(_checkpoint.NextOrdinal, _checkpoint.State, without: victims);
                _files.Drop(victims);
                freed = before - _files.Bytes;
            });
        }
        return freed;
    }

    public ValueTask DisposeAsync()
    {
        lock (_maintenance)
            Guard(_files.Close);
        return ValueTask.CompletedTask;
    }

    private void WriteCheckpoint(long nextOrdinal, byte[] state, IReadOnlyCollection<SessionFile>? without = null)
    {
        var (file, length) = _files.Flush();
        var files = _files.Numbers().Where(number => without is null || without.All(gone => gone.Number != number));
        Write(new SessionCheckpoint(nextOrdinal, state, file, length, [.. files]));
    }

    /// <summary>Before a shorter file takes a file's place, the checkpoint must not claim more of it than that.</summary>
    private void Weaken(SessionFile file, long newLength)
    {
        if (file.Number == _checkpoint.FlushedFile && newLength < _checkpoint.FlushedTo)
            Write(_checkpoint with { FlushedTo = newLength });
    }

    private void Write(SessionCheckpoint checkpoint)
    {
        checkpoint.Write(_files.Disk, _files.Directory);
        Volatile.Write(ref _checkpoint, checkpoint);
    }

    private static void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception problem) when (problem.IsStorageFailure())
        {
            throw new RecommenderException(RefusalKind.StorageFull, $"Sessions could not be stored: {problem.Message}", problem);
        }
    }
}

/// <param name="Sessions">Sessions found.</param>
/// <param name="TornBytes">Bytes cut from the tail.</param>
/// <param name="Damaged">Damaged places dropped; above 0 there is no checkpoint.</param>
public sealed record StoreRecovery(long Sessions, long TornBytes, long Damaged);

/// <summary>What tests of the store choose.</summary>
/// <param name="Files">The file layer.</param>
/// <param name="Hash">A 64-bit hash of an id's bytes.</param>
/// <param name="FileBytes">A file is closed before it would pass this size.</param>
internal sealed record SessionStoreSettings(IStorageFiles Files, SessionStoreSettings.IdHash Hash, long FileBytes)
{
    internal delegate ulong IdHash(ReadOnlySpan<byte> id);

    /// <summary>Small enough that forgetting somebody rewrites little, large enough that a million users are few files.</summary>
    public const long DefaultFileBytes = 16L << 20;

    public static SessionStoreSettings Default => new(DiskFiles.Instance, SipHash.ForThisProcess().Compute, DefaultFileBytes);
}
