namespace Recs.Training.Import;

/// <summary>What an import did.</summary>
public sealed record ImportReport
{
    /// <summary>Items that were not there before, changed, and were equal to what was there.</summary>
    public int ItemsAdded { get; init; }

    public int ItemsReplaced { get; init; }

    public int ItemsUnchanged { get; init; }

    /// <summary>Items made because events named them; not among the added.</summary>
    public int ItemsCreated { get; init; }

    /// <summary>Valid events of the file.</summary>
    public long Events { get; init; }

    /// <summary>Events that were new.</summary>
    public long EventsAccepted { get; init; }

    /// <summary>Events held before; they changed nothing.</summary>
    public long EventsDuplicate { get; init; }

    public int Users { get; init; }

    public DateTimeOffset? FirstEvent { get; init; }

    public DateTimeOffset? LastEvent { get; init; }

    /// <summary>Rows left out, by reason.</summary>
    public IReadOnlyDictionary<string, long> Rejected { get; init; } = new Dictionary<string, long>();

    public long RejectedRows => Rejected.Values.Sum();

    /// <summary>The first of them.</summary>
    public IReadOnlyList<RejectedRow> FirstRejects { get; init; } = [];

    /// <summary>What the events' rows are named by; empty without events.</summary>
    public string Source { get; init; } = "";

    /// <summary>The report with what a reject log holds by now.</summary>
    public ImportReport WithRejects(RejectLog rejects) =>
        this with { Rejected = new Dictionary<string, long>(rejects.ByReason), FirstRejects = [.. rejects.First] };
}
