namespace Recs.Grains.Users;

/// <content>
/// Merging, and forgetting. A guest first freezes itself, durably, with the name of its target; then the target takes its
/// session in, which it does once however often it is asked; then the guest keeps nothing but the forward. Whatever stops
/// in between is finished by the guest's next turn.
/// </content>
internal sealed partial class UserGrain
{
    private const int MergeAttempts = 100;
    private static readonly TimeSpan MergePause = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc/>
    public async Task<MergeReceipt> MergeIntoAsync(string targetId)
    {
        MergeRules.Check(Id, targetId);
        for (var attempt = 0; attempt < MergeAttempts; attempt++)
        {
            // Outside of the turn, so that a merge the other way round can take this user in.
            if (attempt > 0)
                await Task.Delay(MergePause, _engine.Time);
            using var turn = await TurnAsync();
            if (await TryMergeAsync(targetId, begun: attempt > 0) is { } receipt)
                return receipt;
        }

        throw Busy($"'{targetId}' was busy");
    }

    /// <inheritdoc/>
    public async Task<GuestAnswer> AcceptGuestAsync(string guestId, byte[] guestSession)
    {
        if (_session.ForwardTo is { } target)
            return new GuestAnswer { Outcome = GuestOutcome.Forwarded, ForwardTo = target };
        if (_session.MergedGuests.Contains(guestId))
            return new GuestAnswer { Outcome = GuestOutcome.Accepted, Sequence = _session.Sequence };
        if (_movingTo is not null)
            return new GuestAnswer { Outcome = GuestOutcome.Moving };
        if (_forgotten || !_writing.Wait(0))
            return new GuestAnswer { Outcome = GuestOutcome.Busy };
        using var turn = new Turn(_writing);
        var guest = _engine.Codec.Decode(guestSession);
        if (!MergeRules.HasRoom(_session, guest, _engine.Options.Sessions))
            return new GuestAnswer { Outcome = GuestOutcome.TooManyGuests };
        var merged = _engine.SessionRules.Merge(_session, guest);
        await WriteAsync(merged, new LogEntry.Merge(guestId, Id, merged.Sequence, guestSession), events: 1);
        return new GuestAnswer { Outcome = GuestOutcome.Accepted, Sequence = merged.Sequence };
    }

    /// <inheritdoc/>
    public Task<UserFamily> FamilyAsync() =>
        Task.FromResult(new UserFamily { ForwardTo = _session.ForwardTo ?? _movingTo, MergedGuests = _session.MergedGuests });

    /// <inheritdoc/>
    public async Task<UserFamily> BeginForgetAsync()
    {
        using var turn = await TurnAsync();
        var family = await FamilyAsync();
        // What is on its way to the log must be there before the log is cleared.
        await _outbox.DrainedAsync();
        await WriteAsync(UserSession.Empty(Id), movingTo: null, forgotten: true);
        return family;
    }

    /// <inheritdoc/>
    public async Task EndForgetAsync()
    {
        using var turn = await TurnAsync();
        if (!_forgotten)
            return;
        await _stored.ClearStateAsync();
        _stored.State = new UserRecord();
        (_session, _forgotten, _storedFrames) = (UserSession.Empty(Id), false, 0);
    }

    // Null: try again. The caller has the turn.
    private async Task<MergeReceipt?> TryMergeAsync(string targetId, bool begun)
    {
        RefuseWhileForgotten();
        if (_movingTo is not null && begun)
            return await FinishMergeAsync();
        await SettleAsync();
        var root = await User(targetId).ResolveAsync();
        if (_session.ForwardTo is not null)
        {
            if (await ResolveAsync() != root)
                throw MergeRules.MergedElsewhere(Id);
            var target = await User(root).ProfileAsync();
            return new MergeReceipt(Id, root, target?.Sequence ?? 0, 0, AlreadyMerged: true);
        }

        if (root == Id)
            throw MergeRules.Circle(Id, targetId);
        await WriteAsync(_session, movingTo: root, forgotten: false);
        return await FinishMergeAsync();
    }

    private async Task<MergeReceipt?> FinishMergeAsync()
    {
        var events = _session.Sequence;
        var answer = await HandOverAsync();
        return answer is null ? null : new MergeReceipt(Id, _session.ForwardTo!, answer.Sequence, events, AlreadyMerged: false);
    }

    /// <summary>Finishes a merge that was stopped in the middle. The caller has the turn.</summary>
    private async Task SettleAsync()
    {
        if (_movingTo is not null && await HandOverAsync() is null)
            throw Busy($"user '{Id}' is being merged");
    }

    // Null when it has to be tried again. A guest stays frozen until it knows: an answer that was lost may have been yes.
    // Of two that wait for each other the later id gives way, which is safe: a target on its way elsewhere has not taken
    // this guest in, or it would say so.
    private async Task<GuestAnswer?> HandOverAsync()
    {
        var guest = _engine.Codec.Encode(_session);
        var asked = _movingTo!;
        var target = asked;
        while (true)
        {
            if (target == Id)
            {
                await WriteAsync(_session, movingTo: null, forgotten: false);
                throw MergeRules.Circle(Id, asked);
            }

            var answer = await User(target).AcceptGuestAsync(Id, guest);
            switch (answer.Outcome)
            {
                case GuestOutcome.Accepted:
                    await WriteAsync(SessionRules.Forwarded(Id, target), movingTo: null, forgotten: false);
                    return answer;
                case GuestOutcome.Forwarded:
                    target = answer.ForwardTo!;
                    break;
                case GuestOutcome.TooManyGuests:
                    await WriteAsync(_session, movingTo: null, forgotten: false);
                    throw MergeRules.TooManyGuests(Id, _engine.Options.Sessions);
                case GuestOutcome.Moving when string.CompareOrdinal(Id, target) > 0:
                    await WriteAsync(_session, movingTo: null, forgotten: false);
                    return null;
                default:
                    return null;
            }
        }
    }
}
