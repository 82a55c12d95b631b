using Orleans.Concurrency;

namespace Recs.Grains;

/// <summary>
/// Takes batches of several users on any silo (a stateless worker): checks the whole batch against the silo's catalogue
/// before any of it takes effect, then hands each user's part to its grain. A failure in the middle leaves the parts
/// that were acknowledged by their users; give events ids and send the batch again.
/// </summary>
[Alias("recs.intake")]
public interface IIntakeGrain : IGrainWithIntegerKey
{
    [Alias("observe")]
    [return: Immutable]
    Task<Receipt> ObserveAsync([Immutable] IReadOnlyList<Interaction> events);

    /// <summary>
    /// Publishes to the event stream: acknowledged when the stream provider has stored it; users apply it soon after.
    /// Refused as Overloaded while the stream's backlog is at its cap.
    /// </summary>
    [Alias("publish")]
    Task PublishAsync([Immutable] IReadOnlyList<Interaction> events);
}

/// <summary>One import source, by its name: its ledger, and its rows in order.</summary>
[Alias("recs.import")]
public interface IImportGrain : IGrainWithStringKey
{
    /// <summary>Rows below what was reached are duplicates; a gap is refused as Conflict.</summary>
    [Alias("observe")]
    [return: Immutable]
    Task<Receipt> ObserveAsync([Immutable] IReadOnlyList<Interaction> events, long firstRow);
}
