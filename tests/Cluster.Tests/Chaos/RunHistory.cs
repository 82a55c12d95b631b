namespace Recs.Cluster.Tests.Chaos;

/// <summary>
/// What a load and its watchers saw of a cluster, in the order in which they saw it. Times are since the run began.
/// Thread-safe while it is written; read it when the run is over.
/// </summary>
internal sealed class RunHistory
{
    private readonly Lock _gate = new();

    /// <summary>Batches of events whose receipt has come.</summary>
    public List<Acknowledgement> Acknowledged { get; init; } = [];

    /// <summary>Ids of events that were sent and have no receipt: they may be there or not.</summary>
    public List<(string User, string EventId)> Unacknowledged { get; init; } = [];

    /// <summary>Calls that failed after all of the client's retries; the load then sent the same again.</summary>
    public List<FailedCall> Failed { get; init; } = [];

    public List<SeenPage> Pages { get; init; } = [];

    public List<ShardLook> Looks { get; init; } = [];

    public List<SiloDeath> Deaths { get; init; } = [];

    /// <summary>What each user and its part of the event log was when all was over.</summary>
    public List<UserEnd> Ends { get; init; } = [];

    public void Add(Acknowledgement acknowledged)
    {
        lock (_gate)
            Acknowledged.Add(acknowledged);
    }

    public void Add(FailedCall failed)
    {
        lock (_gate)
            Failed.Add(failed);
    }

    public void Add(SeenPage page)
    {
        lock (_gate)
            Pages.Add(page);
    }

    public void Add(ShardLook look)
    {
        lock (_gate)
            Looks.Add(look);
    }

    /// <summary>Events of a user that are acknowledged so far.</summary>
    public int CountOf(string user)
    {
        lock (_gate)
            return Acknowledged.Where(a => a.User == user).Sum(a => a.EventIds.Length);
    }

    public void AddUnacknowledged(string user, IEnumerable<string> eventIds)
    {
        lock (_gate)
            Unacknowledged.AddRange(eventIds.Select(id => (user, id)));
    }
}

/// <param name="User">Its only writer had no other batch under way.</param>
/// <param name="EventIds">In the order of the batch.</param>
/// <param name="Sequence">From the receipt; null for events that were published, whose acknowledgement has none.</param>
internal sealed record Acknowledgement(TimeSpan At, string User, string[] EventIds, long? Sequence);

internal sealed record FailedCall(TimeSpan At, string Call, string Problem);

/// <param name="At">When it was asked for.</param>
/// <param name="After">The last receipt's sequence; 0 for none.</param>
/// <param name="Sequence">The page's own.</param>
/// <param name="Took">From the call to its end.</param>
/// <param name="Problem">Null for a page.</param>
internal sealed record SeenPage(TimeSpan At, string User, long After, long Sequence, string[] Degraded, TimeSpan Took, TimeSpan Deadline, string? Problem = null);

/// <param name="At">When it answered, or failed to.</param>
/// <param name="Silo">Who answered; null for no answer.</param>
/// <param name="Ready">It can search a model.</param>
internal sealed record ShardLook(TimeSpan At, int Shard, int Replica, string? Silo, bool Ready);

/// <param name="At">When the membership table said so.</param>
/// <param name="SiloPort">Port of the dead silo, as its address has it.</param>
internal sealed record SiloDeath(TimeSpan At, int SiloPort);

/// <param name="Sequence">From its profile; 0 for no profile.</param>
/// <param name="Log">Sequence and event id of its events, in the log's order.</param>
internal sealed record UserEnd(string User, long Sequence, IReadOnlyList<(long Sequence, string EventId)> Log);
