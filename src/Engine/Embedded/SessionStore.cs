namespace Recs.Engine.Embedded;

/// <summary>
/// Encoded sessions on disk by user id: append-only checksummed files with an index in memory, compacted when more
/// than half is stale. The event log is the truth; this saves replaying it. Thread-safe.
/// </summary>
public sealed class SessionStore : IAsyncDisposable
{
    /// <summary>Opens or creates; a torn tail is cut, a damaged record is dropped and counted (the log has its events).</summary>
    public static SessionStore Open(string directory, out StoreRecovery recovery) => throw new NotImplementedException();

    public long Count => throw new NotImplementedException();

    public long Bytes => throw new NotImplementedException();

    public byte[]? TryGet(string userId) => throw new NotImplementedException();

    public bool Contains(string userId) => throw new NotImplementedException();

    /// <summary>Writes without flushing; visible to <see cref="TryGet"/> on return.</summary>
    public void Put(string userId, ReadOnlySpan<byte> blob) => throw new NotImplementedException();

    /// <summary>
    /// Makes everything put so far durable, then records that the sessions hold the event log up to
    /// <paramref name="nextOrdinal"/> and keeps <paramref name="state"/> (counters, ledger) beside it.
    /// </summary>
    public void Checkpoint(long nextOrdinal, ReadOnlySpan<byte> state) => throw new NotImplementedException();

    /// <summary>The last checkpoint: replay the event log from here. (0, empty) for a new store.</summary>
    public (long NextOrdinal, byte[] State) LastCheckpoint => throw new NotImplementedException();

    public IEnumerable<string> UserIds() => throw new NotImplementedException();

    /// <summary>Removes users and every byte of them from the files; returns files rewritten. Durable on return.</summary>
    public int Erase(IReadOnlyCollection<string> userIds) => throw new NotImplementedException();

    /// <summary>Rewrites the live records when more than half of the bytes are stale; returns bytes freed.</summary>
    public long CompactIfStale() => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}

/// <param name="Sessions">Sessions found.</param>
/// <param name="TornBytes">Bytes cut from the tail.</param>
/// <param name="Damaged">Records dropped for a bad checksum.</param>
public sealed record StoreRecovery(long Sessions, long TornBytes, long Damaged);
