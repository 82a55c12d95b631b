using Recs.Engine.Monitoring;

namespace Recs.Engine.Embedded;

/// <summary>
/// Takes batches in: checks the whole, takes the users' turns, makes one log frame durable, then shows the new sessions.
/// Until the frame is durable nothing of the batch can be seen, and a refused batch leaves no trace.
/// </summary>
internal sealed class EventIntake(EmbeddedCore core)
{
    public async ValueTask<Receipt> ObserveAsync(
        IReadOnlyList<Interaction> events, ImportRows? import, CancellationToken cancellationToken)
    {
        var started = core.Time.GetTimestamp();
        InteractionRules.Check(events, core.Catalog, core.Time.GetUtcNow());
        var receipt = import is null
            ? await CommitAsync(events, null, 0, cancellationToken).ConfigureAwait(false)
            : await ImportAsync(events, import, cancellationToken).ConfigureAwait(false);
        core.Metrics.Stage("observe", core.Time.GetElapsedTime(started));
        return receipt;
    }

    public async ValueTask<MergeReceipt> MergeAsync(string guestId, string targetId, CancellationToken cancellationToken)
    {
        MergeRules.Check(guestId, targetId);
        using var pass = await core.Gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        using var turn = await ForwardedUsers.LockAsync(core, [guestId, targetId], cancellationToken).ConfigureAwait(false);
        var target = turn.SessionOf(targetId);
        var guest = core.Table.Load(guestId);
        if (guest.ForwardTo is not null)
        {
            if (turn.SessionOf(guestId).UserId != target.UserId)
                throw MergeRules.MergedElsewhere(guestId);
            return new MergeReceipt(guestId, target.UserId, target.Sequence, 0, AlreadyMerged: true);
        }

        if (target.UserId == guestId)
            throw MergeRules.Circle(guestId, targetId);
        var merged = core.SessionRules.Merge(target, guest);
        CheckRoom(core.Table.Knows(guestId) ? 0 : 1, core.Table.Knows(target.UserId) ? 0 : 1);
        var entry = new LogEntry.Merge(guestId, target.UserId, merged.Sequence, core.Codec.Encode(guest));
        await core.EventLog.AppendAsync(LogEntryCodec.Encode(entry), CancellationToken.None).ConfigureAwait(false);
        core.Table.Set(merged);
        core.Table.Set(SessionRules.Forwarded(guestId, target.UserId));
        return new MergeReceipt(guestId, target.UserId, merged.Sequence, guest.Sequence, AlreadyMerged: false);
    }

    private async ValueTask<Receipt> ImportAsync(
        IReadOnlyList<Interaction> events, ImportRows import, CancellationToken cancellationToken)
    {
        IdRules.Check("import.source", import.Source);
        if (import.FirstRow is < 0 or > long.MaxValue / 2)
            throw RecommenderException.Invalid("import.firstRow", import.FirstRow, "0 or more");

        await core.Ledger.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var reached = core.Ledger.Reached(import.Source);
            if (import.FirstRow > reached)
            {
                throw RecommenderException.Invalid(
                    "import.firstRow", import.FirstRow, $"at most {reached}, which this source has reached", kind: RefusalKind.Conflict);
            }

            var known = (int)Math.Min(reached - import.FirstRow, events.Count);
            var rest = known == 0 ? events : [.. events.Skip(known)];
            var receipt = await CommitAsync(rest, import.Source, import.FirstRow + events.Count, cancellationToken).ConfigureAwait(false);
            return receipt with { Duplicates = receipt.Duplicates + known };
        }
        finally
        {
            core.Ledger.Turn.Release();
        }
    }

    private async ValueTask<Receipt> CommitAsync(
        IReadOnlyList<Interaction> events, string? importSource, long importNextRow, CancellationToken cancellationToken)
    {
        if (events.Count == 0)
            return new Receipt(0, 0, new Dictionary<string, long>());

        using var pass = await core.Gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        using var turn = await ForwardedUsers.LockAsync(core, events.Select(e => e.UserId), cancellationToken).ConfigureAwait(false);

        var changes = Apply(events, turn);
        var accepted = changes.Count == 1 ? changes[0].Accepted : [.. changes.SelectMany(change => change.Accepted)];
        CheckRoom([.. changes.Select(c => c.Accepted.Count > 0 && !core.Table.Knows(c.Session.UserId) ? 1 : 0)]);
        if (accepted.Count > 0 || importSource is not null)
        {
            var entry = new LogEntry.Events(accepted, importSource, importNextRow);
            await core.EventLog.AppendAsync(LogEntryCodec.Encode(entry), CancellationToken.None).ConfigureAwait(false);
            foreach (var change in changes)
            {
                if (change.Accepted.Count == 0)
                    continue;
                core.Table.Set(change.Session);
                turn.Replace(change.Session);
            }

            core.Count(accepted);
            core.Metrics.Accepted(accepted);
            if (importSource is not null)
                core.Ledger.Advance(importSource, importNextRow);
        }

        var sequences = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var e in events)
            sequences[e.UserId] = turn.SessionOf(e.UserId).Sequence;
        return new Receipt(accepted.Count, events.Count - accepted.Count, sequences);
    }

    private List<SessionChange> Apply(IReadOnlyList<Interaction> events, ForwardedUsers turn)
    {
        var now = core.Time.GetUtcNow();
        var byUser = new Dictionary<string, List<Interaction>>(StringComparer.Ordinal);
        foreach (var e in events)
        {
            var userId = turn.SessionOf(e.UserId).UserId;
            if (!byUser.TryGetValue(userId, out var list))
                byUser[userId] = list = [];
            list.Add(e.Timestamp is null || e.UserId != userId ? e with { UserId = userId, Timestamp = e.Timestamp ?? now } : e);
        }

        var changes = new List<SessionChange>(byUser.Count);
        foreach (var (userId, own) in byUser)
            changes.Add(core.SessionRules.Apply(turn.SessionOf(userId), own));
        return changes;
    }

    private void CheckRoom(params ReadOnlySpan<int> newUsers)
    {
        var added = 0;
        foreach (var n in newUsers)
            added += n;
        if (added > 0 && core.Table.Users + added > core.Options.MaxUsers)
        {
            throw new RecommenderException(
                RefusalKind.StorageFull,
                $"{core.Table.Users} users are held and {added} more would pass the cap of {core.Options.MaxUsers}; raise MaxUsers or forget users.")
            {
                Field = "userId",
                Legal = $"at most {core.Options.MaxUsers} users",
            };
        }
    }
}
