using System.Text.Json;
using Recs.Engine.Retrieval.SessionNeighbours;
using Recs.Engine.Storage;

namespace Recs.Engine.Embedded;

/// <summary>
/// Forgets users exactly. The ids are first written to an intent file, so that a removal that was cut short is finished
/// at the next start; then memory, the session store and both logs are cleared, and searched again for the proof. Other
/// users' events go on meanwhile.
/// </summary>
internal sealed class UserEraser(EmbeddedCore core)
{
    /// <summary>A page begun before the removal may still try to log its impression; past every deadline it cannot.</summary>
    private static readonly TimeSpan PagesInFlight = Limits.MaxDeadline + TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, long> _forgottenAt = new(StringComparer.Ordinal);

    public async ValueTask<ForgetReceipt> ForgetAsync(string userId, CancellationToken cancellationToken)
    {
        IdRules.Check("userId", userId);
        await core.Checkpointing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var turn = await LockFamilyAsync(userId, cancellationToken).ConfigureAwait(false);
            return await EraseAsync(userId, turn.Ids).ConfigureAwait(false);
        }
        finally
        {
            core.Checkpointing.Release();
        }
    }

    /// <summary>Ends a removal that a crash cut short. Called before anything is served.</summary>
    public async ValueTask FinishInterruptedAsync()
    {
        if (PendingIds() is { Length: > 0 } ids)
            await EraseAsync(ids[0], ids).ConfigureAwait(false);
    }

    /// <summary>Tries again what failed, and drops the ids that were kept for pages in flight.</summary>
    public async ValueTask TidyAsync(CancellationToken cancellationToken)
    {
        if (PendingIds() is { Length: > 0 } ids)
            await ForgetAsync(ids[0], cancellationToken).ConfigureAwait(false);
        lock (_forgottenAt)
        {
            foreach (var (id, at) in _forgottenAt.ToArray())
            {
                if (at != long.MaxValue && core.Time.GetElapsedTime(at) > PagesInFlight)
                    _forgottenAt.Remove(id);
            }
        }
    }

    /// <summary>
    /// Hands an impression to its log, unless its user was forgotten since the page began. One step under a lock, so that
    /// no impression slips in behind a removal.
    /// </summary>
    public ValueTask<long>? AppendImpression(string? userId, long pageStarted, byte[] payload)
    {
        lock (_forgottenAt)
        {
            if (userId is not null && _forgottenAt.TryGetValue(userId, out var at) && pageStarted <= at)
                return null;
            return core.ImpressionLog.AppendAsync(payload);
        }
    }

    private string IntentFile => Path.Combine(core.Options.DataDirectory, "forget.pending");

    // The logs come first: when one cannot be rewritten, the user is as before, and the intent is tried again.
    private async ValueTask<ForgetReceipt> EraseAsync(string userId, IReadOnlyList<string> ids)
    {
        try
        {
            DiskFiles.Instance.Replace(IntentFile, JsonSerializer.SerializeToUtf8Bytes(ids));
            Stamp(ids, long.MaxValue);

            // The queue is in order: behind this record nothing of the users can still be waiting to be written.
            await core.ImpressionLog.AppendAsync(ReadOnlyMemory<byte>.Empty).ConfigureAwait(false);

            var gone = ids.ToHashSet(StringComparer.Ordinal);
            var forgetting = new LogForgetting(gone);
            var files = core.EventLog.Rewrite(forgetting.Apply);
            var impressions = 0L;
            files += core.ImpressionLog.Rewrite(record =>
            {
                if (!NamesOneOf(record, gone))
                    return record.Payload;
                impressions++;
                return ReadOnlyMemory<byte>.Empty;
            });
            foreach (var id in ids)
            {
                core.Table.Remove(id);
                core.Visits.Forget(SessionNeighbourSource.KeyOf(id));
            }

            files += core.Sessions.Erase(gone);

            var (bytes, remaining) = Search(gone);
            DiskFiles.Instance.Delete(IntentFile);
            DiskFiles.Instance.FlushDirectory(core.Options.DataDirectory);
            Stamp(ids, core.Time.GetTimestamp());
            return new ForgetReceipt(userId, ids, forgetting.EventsRemoved + forgetting.MergesRemoved, impressions, files, bytes, remaining);
        }
        catch (Exception e) when (e.IsStorageFailure())
        {
            throw new RecommenderException(
                RefusalKind.StorageFull, $"The user could not be removed yet: {e.Message} It is tried again in the background.", e);
        }
    }

    private void Stamp(IReadOnlyList<string> ids, long at)
    {
        lock (_forgottenAt)
        {
            foreach (var id in ids)
                _forgottenAt[id] = at;
        }
    }

    private string[] PendingIds() =>
        File.Exists(IntentFile) ? JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(IntentFile)) ?? [] : [];

    private (long Bytes, long Remaining) Search(HashSet<string> gone)
    {
        long bytes = 0, remaining = gone.Count(core.Sessions.Contains);
        var search = new LogForgetting(gone);
        foreach (var record in core.EventLog.Read(core.EventLog.FirstOrdinal))
        {
            bytes += record.Payload.Length;
            remaining += LogEntryCodec.Decode(record.Payload.Span) is { } entry ? search.Count(entry) : 0;
        }

        foreach (var record in core.ImpressionLog.Read(core.ImpressionLog.FirstOrdinal))
        {
            bytes += record.Payload.Length;
            remaining += NamesOneOf(record, gone) ? 1 : 0;
        }

        return (bytes + core.Sessions.Bytes, remaining);
    }

    private static bool NamesOneOf(LogRecord record, HashSet<string> gone) =>
        ImpressionCodec.Decode(record.Payload)?.UserId is { } user && gone.Contains(user);

    private async ValueTask<Family> LockFamilyAsync(string userId, CancellationToken cancellationToken)
    {
        // What an earlier removal left undone is done with this one: there is one intent file.
        var pending = PendingIds();
        string[] ids = [.. pending.Append(userId).Distinct(StringComparer.Ordinal)];
        while (true)
        {
            var turn = await ForwardedUsers.LockAsync(core, ids, cancellationToken).ConfigureAwait(false);
            var head = turn.SessionOf(userId);
            string[] family = [.. new[] { userId, head.UserId }.Concat(head.MergedGuests).Concat(pending).Distinct(StringComparer.Ordinal)];
            if (family.Length == ids.Length)
                return new Family(turn, family);
            turn.Dispose();
            ids = family;
        }
    }

    private sealed record Family(ForwardedUsers Turn, IReadOnlyList<string> Ids) : IDisposable
    {
        public void Dispose() => Turn.Dispose();
    }
}
