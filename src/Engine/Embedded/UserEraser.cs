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

            var gone = ids.ToHashSet(StringComparer.Ordinal);
            var records = new UserRecords(core.EventLog, core.ImpressionLog, gone);
            var erased = await records.EraseAsync().ConfigureAwait(false);
            foreach (var id in ids)
            {
                core.Table.Remove(id);
                core.Visits.Forget(SessionNeighbourSource.KeyOf(id));
            }

            var files = erased.Files + core.Sessions.Erase(gone);
            var (bytes, remaining) = records.Search();
            bytes += core.Sessions.Bytes;
            remaining += gone.Count(core.Sessions.Contains);
            DiskFiles.Instance.Delete(IntentFile);
            DiskFiles.Instance.FlushDirectory(core.Options.DataDirectory);
            Stamp(ids, core.Time.GetTimestamp());
            return new ForgetReceipt(userId, ids, erased.Events + erased.Merges, erased.Impressions, files, bytes, remaining);
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
