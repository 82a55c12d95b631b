using Orleans.Placement;
using Orleans.Streams;
using Recs.Grains.Silo;

namespace Recs.Grains.Users;

/// <summary>
/// Holds one user. Writes take their turn one after the other, each of them one storage write, and what they change is
/// seen only after it; pages read the session as it is.
/// </summary>
/// <remarks>
/// Placed by the number of activations. Placement by measured load would send all users that come within one measuring
/// period, as after a silo's death, to the one silo that was emptiest; and placement where the call came in would leave all
/// users of an import on one silo.
/// </remarks>
[ActivationCountBasedPlacement]
[ImplicitStreamSubscription(ClusterNames.Interactions)]
internal sealed partial class UserGrain : Grain, IUserGrain
{
    private readonly IPersistentState<UserRecord> _stored;
    private readonly SiloEngine _engine;
    private readonly ImpressionSender _impressions;
    private readonly ParkedEvents _parked;
    private readonly Outbox _outbox;
    private readonly OutboxDrain _drain;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private UserSession _session = UserSession.Empty("");
    private string? _movingTo;
    private bool _forgotten;
    private int _storedFrames;
    private bool _counted;

    public UserGrain(
        [PersistentState("user", ClusterNames.Storage)] IPersistentState<UserRecord> stored,
        SiloEngine engine, OutboxDrain drain, ImpressionSender impressions, ParkedEvents parked)
    {
        (_stored, _engine, _drain, _impressions, _parked) = (stored, engine, drain, impressions, parked);
        Id = this.GetPrimaryKeyString();
        _outbox = new Outbox(Id, drain);
    }

    private string Id { get; }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        IdRules.Check("userId", Id);
        await _engine.Ready.WaitAsync(cancellationToken);
        Restore();
        _engine.CountActive(1);
        _counted = true;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_counted)
            _engine.CountActive(-1);
        // So that the next activation does not send again what the log has. Should it fail, the log drops the repeats.
        if (_storedFrames == 0 || _outbox.Events > 0 || reason.ReasonCode == DeactivationReasonCode.ActivationFailed)
            return;
        try
        {
            await WriteAsync(_session, _movingTo, _forgotten);
        }
        catch (RecommenderException)
        {
            // Stored as it was, which is as good.
        }
    }

    /// <inheritdoc/>
    public async Task<Receipt> ObserveAsync(IReadOnlyList<Interaction> events)
    {
        var started = _engine.Time.GetTimestamp();
        InteractionRules.Check(events, _engine.Catalog, _engine.Time.GetUtcNow());
        _drain.CheckRoom();
        using var turn = await TurnAsync();
        await SettleAsync();
        if (_session.ForwardTo is { } target)
        {
            var receipt = await User(target).ObserveAsync(events);
            return receipt with { Sequences = Sequence(receipt.Sequences[target]) };
        }

        RefuseWhileForgotten();
        if (_outbox.Events > _engine.Options.OutboxCap)
            throw Busy($"{_outbox.Events} events of user '{Id}' wait for the event log, which is the cap");
        var change = _engine.SessionRules.Apply(_session, Stamped(events));
        if (change.Accepted.Count > 0)
        {
            await WriteAsync(change.Session, new LogEntry.Events(change.Accepted), change.Accepted.Count);
            _engine.Metrics.Accepted(change.Accepted);
        }

        _engine.Metrics.Stage("observe", _engine.Time.GetElapsedTime(started));
        return new Receipt(change.Accepted.Count, change.Duplicates, Sequence(change.Session.Sequence));
    }

    /// <inheritdoc/>
    public async Task DrainAsync()
    {
        using var turn = await TurnAsync();
        await SettleAsync();
        await _outbox.DrainedAsync();
    }

    private IUserGrain User(string id) => GrainFactory.GetGrain<IUserGrain>(id);

    private Dictionary<string, long> Sequence(long sequence) => new(StringComparer.Ordinal) { [Id] = sequence };

    private async ValueTask<Turn> TurnAsync()
    {
        await _writing.WaitAsync();
        return new Turn(_writing);
    }

    private List<Interaction> Stamped(IReadOnlyList<Interaction> events)
    {
        var now = _engine.Time.GetUtcNow();
        var stamped = new List<Interaction>(events.Count);
        foreach (var e in events)
            stamped.Add(e.Timestamp is null ? e with { Timestamp = now } : e);
        return stamped;
    }

    /// <summary>The commit: one storage write for session, sequence, event ids and outbox; visible and sent after it.</summary>
    private async Task WriteAsync(UserSession session, LogEntry entry, int events)
    {
        var frame = new OutboxFrame(events, LogEntryCodec.Encode(entry));
        await WriteAsync(session, _movingTo, _forgotten, frame);
        _outbox.Send(frame);
    }

    private async Task WriteAsync(UserSession session, string? movingTo, bool forgotten, OutboxFrame? next = null)
    {
        var outbox = _outbox.With(next);
        var state = new UserState { Session = session, Outbox = outbox, MovingTo = movingTo, IsForgotten = forgotten };
        var blob = state.Encode(_engine.Codec);
        _stored.State = new UserRecord { Blob = blob };
        try
        {
            await _stored.WriteStateAsync();
        }
        catch (Exception e)
        {
            _engine.Logger.LogWarning("A user's state was not written, or it was and nobody said so: {Problem}", e.Message);
            if (!await IsStoredAsync(blob))
                throw Busy("the user's state could not be stored", e);
        }

        (_session, _movingTo, _forgotten, _storedFrames) = (session, movingTo, forgotten, outbox.Length);
        // Held once, as a session: the blob would double what an active user takes.
        _stored.State.Blob = [];
    }

    // A write that failed may be there all the same: what storage says now is the truth. When it says nothing, this
    // activation has nothing to go by and makes way for one that reads it, and the caller is told that nobody knows.
    private async Task<bool> IsStoredAsync(byte[] blob)
    {
        try
        {
            await _stored.ReadStateAsync();
        }
        catch (Exception e)
        {
            DeactivateOnIdle();
            throw new OrleansException($"Nobody knows whether the state of user '{Id}' was stored: {e.Message}");
        }

        if (_stored.RecordExists && _stored.State.Blob.AsSpan().SequenceEqual(blob))
            return true;
        Restore();
        return false;
    }

    private void Restore()
    {
        var state = _stored is { RecordExists: true, State.Blob.Length: > 0 } ? UserState.Decode(_stored.State.Blob, _engine.Codec) : UserState.Empty(Id);
        (_session, _movingTo, _forgotten, _storedFrames) = (state.Session, state.MovingTo, state.IsForgotten, state.Outbox.Count);
        _stored.State.Blob = [];
        _outbox.Restart(state.Outbox);
        _stream = null;
    }

    private void RefuseWhileForgotten()
    {
        if (_forgotten)
            throw Busy($"user '{Id}' is being forgotten");
    }

    private static RecommenderException Busy(string why, Exception? inner = null) =>
        new(RefusalKind.Overloaded, $"Not recorded: {why}.", inner) { RetryAfter = TimeSpan.FromMilliseconds(200) };

    private readonly struct Turn(SemaphoreSlim held) : IDisposable
    {
        public void Dispose() => held.Release();
    }
}
